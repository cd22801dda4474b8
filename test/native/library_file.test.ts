/** Tests that bin/kinesis.so needs only glibc 2.17 and no other library, and that its own look-ups work. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newestGlibc, readElf } from "../support/elf_file.js";
import { PLUGIN, ROOT } from "../support/host_program.js";

/** Oldest glibc 2.x that README.md names. */
const OLDEST_GLIBC_MINOR = 17;
const onX64 = process.arch === "x64";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "library-file-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("bin/kinesis.so", () => {
  it("requires no newer glibc than 2.17, and no versions of libstdc++ or libgcc", () => {
    const { versions } = readElf(PLUGIN);
    expect(versions.filter((version) => !version.startsWith("GLIBC_"))).toEqual([]);
    const [major, minor] = newestGlibc(versions);
    expect(major, versions.join(" ")).toBe(2);
    expect(minor, versions.join(" ")).toBeLessThanOrEqual(OLDEST_GLIBC_MINOR);
  });

  it.runIf(onX64)("needs only libraries of glibc, and has no search path of its own", () => {
    expect(readElf(PLUGIN).searchPath).toBe("");
    const others = readElf(PLUGIN).needed.filter((name) => !/^(libc\.so\.6|libdl\.so\.2|libm\.so\.6|libpthread\.so\.0|ld-linux-x86-64\.so\.2)$/.test(name));
    expect(others).toEqual([]);
  });
});

describe("the newest glibc version of a file", () => {
  it("is compared by numbers, not by letters, and found among versions of other libraries", () => {
    expect(newestGlibc(["GLIBC_2.9", "GLIBC_2.34", "GLIBC_2.2.5", "GLIBCXX_3.4.30"])).toEqual([2, 34]);
    expect(newestGlibc(["GLIBC_3.0", "GLIBC_2.34"])).toEqual([3, 0]);
  });
});

// Linked as the plugin is, and run in a program whose dlsym() acts as an older glibc.
const waiting = `
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
using namespace std::chrono;
static std::mutex mutex;
static std::condition_variable changed;
extern "C" int waits() {
  std::unique_lock<std::mutex> lock(mutex);
  const auto begin = steady_clock::now();
  if (changed.wait_until(lock, begin - hours(1)) != std::cv_status::timeout) return 2;
  if (steady_clock::now() - begin > seconds(10)) return 3;
  if (changed.wait_for(lock, milliseconds(30)) != std::cv_status::timeout) return 4;
  if (steady_clock::now() - begin < milliseconds(30)) return 5;
  bool told = false;
  std::thread teller([&] { { std::lock_guard<std::mutex> held(mutex); told = true; } changed.notify_one(); });
  const bool was_told = changed.wait_for(lock, seconds(20), [&] { return told; });
  lock.unlock();
  teller.join();
  return was_told ? 42 : 6;
}`;
const before230 = `
#include <cstring>
static bool was_asked = false;
extern "C" int waits();
extern "C" void *dlsym(void *, const char *name) { was_asked = strcmp(name, "pthread_cond_clockwait") == 0; return nullptr; }
int main() { const int status = waits(); return was_asked ? status : 1; }`;

describe("a wait with a time limit", () => {
  it("ends by the wall clock where glibc is older than 2.30", () => {
    for (const [name, source] of [["waiting.cc", waiting], ["before230.cc", before230]] as const) writeFileSync(join(folder, name), source);
    const linked = [join(ROOT, "native/platform/glibc/glibc_2_17.cc"), "-pthread", "-ldl", `-Wl,@${join(ROOT, "native/platform/glibc/glibc_2_17.link")}`];
    const library = join(folder, "libwaiting.so");
    const hidden = ["-fPIC", "-shared", "-static-libgcc", "-static-libstdc++", "-Wl,--exclude-libs,ALL"];
    execFileSync("c++", ["-std=c++17", "-O1", ...hidden, join(folder, "waiting.cc"), ...linked, "-o", library]);
    const program = join(folder, "before230");
    execFileSync("c++", ["-rdynamic", join(folder, "before230.cc"), library, "-o", program]);
    expect(spawnSync(program).status).toBe(42);
  });
});

// Linked as the plugin is: only so can a test pass an exception of libstdc++ through the plugin's unwinder.
const throwing = `
#include <stdexcept>
#include <string>
__attribute__((noinline)) static int depth(int n) { std::string held(n, 'x'); if (n == 0) throw std::runtime_error("x"); return depth(n - 1) + held.size(); }
extern "C" int caught() { try { return depth(20); } catch (const std::exception &) { return 42; } }`;
const calling = `
#include <dlfcn.h>
int main(int, char **argv) { void *library = dlopen(argv[1], RTLD_NOW); if (!library) return 1;
  return reinterpret_cast<int (*)()>(dlsym(library, "caught"))(); }`;

describe("the plugin's _dl_find_object", () => {
  function build(): string {
    const library = join(folder, "throwing.so");
    writeFileSync(join(folder, "throwing.cc"), throwing);
    const sources = [join(folder, "throwing.cc"), join(ROOT, "native/platform/glibc/dl_find_object.cc")];
    const hidden = ["-fPIC", "-shared", "-static-libgcc", "-static-libstdc++", "-Wl,--exclude-libs,ALL", "-Wl,-Bsymbolic"];
    execFileSync("c++", ["-std=c++17", "-O1", ...hidden, ...sources, "-o", library]);
    return library;
  }

  it("lets the unwinder find the handler of an exception without glibc's function", () => {
    const library = build();
    // The version of glibc's _dl_find_object.
    expect(readElf(library).versions).not.toContain("GLIBC_2.35");
    writeFileSync(join(folder, "calling.cc"), calling);
    execFileSync("c++", [join(folder, "calling.cc"), "-o", join(folder, "calling"), "-ldl"]);
    let status: unknown = 0;
    try {
      execFileSync(join(folder, "calling"), [library]);
    } catch (error) {
      status = (error as { status: unknown }).status;
    }
    expect(status).toBe(42);
  });
});
