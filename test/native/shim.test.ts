/** Builds the native shim with each sanitizer and runs its cases, with stand-ins for Fluent Bit, Node and the core. */
import { execFile, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { CASES, CASES_OF_BOTH_RUNTIMES } from "./shim-cases.js";

type Sanitizer = "none" | "address" | "thread";

// Run by a test of its own, which lays out the folder that it needs.
const BESIDE = "beside-the-plugin";

const REPORT = /Sanitizer|runtime error:|DEADLYSIGNAL/;
const BUILD_TIMEOUT = 600_000;
const CASE_TIMEOUT = 120_000;
const SOURCES = fileURLToPath(new URL(".", import.meta.url));
const BUILDS = fileURLToPath(new URL("../../build/test-native/", import.meta.url));

function succeeds(command: string, ...args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}

// ThreadSanitizer does not start where the kernel scatters addresses widely.
const UNSCATTERED = succeeds("setarch", "-R", "true") ? ["setarch", "-R"] : [];
const HAS_VALGRIND = succeeds("valgrind", "--version");

interface Outcome {
  readonly status: number | string;
  readonly output: string;
}

function run(command: readonly string[], timeout = CASE_TIMEOUT, environment: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const [file = "", ...args] = command;
  const env: NodeJS.ProcessEnv = { ...process.env, ...environment };
  for (const name of ["KINESIS_LIBNODE", "KINESIS_NODE"]) delete env[name];
  return new Promise((resolve) => {
    execFile(file, args, { env, timeout, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      const status = error === null ? 0 : (error.code ?? error.signal ?? "no status");
      resolve({ status, output: stdout + stderr });
    });
  });
}

const folder = (sanitizer: Sanitizer): string => join(BUILDS, sanitizer);

function runCase(sanitizer: Sanitizer, name: string, executable = join(folder(sanitizer), "shim_test")) {
  return run([...UNSCATTERED, executable, name], CASE_TIMEOUT, { KINESIS_RUNTIME: "", ...quickEnd(name) });
}

// ThreadSanitizer lets other threads run on for a second at the end of each process.
function quickEnd(name: string): NodeJS.ProcessEnv {
  return name.startsWith("process-") ? { TSAN_OPTIONS: "atexit_sleep_ms=50" } : {};
}

async function build(sanitizer: Sanitizer): Promise<void> {
  const configured = await run(["cmake", "-S", SOURCES, "-B", folder(sanitizer), `-DSANITIZER=${sanitizer}`]);
  expect(configured).toMatchObject({ status: 0 });
  expect(await run(["cmake", "--build", folder(sanitizer), "--parallel", "2"], BUILD_TIMEOUT)).toMatchObject({ status: 0 });
}

/** Why a program with this sanitizer cannot be built or run here; undefined when it can. */
function missing(sanitizer: Sanitizer): string | undefined {
  if (sanitizer === "none") return undefined;
  const scratch = mkdtempSync(join(tmpdir(), "sanitizer-"));
  try {
    const source = join(scratch, "empty.cc");
    const program = join(scratch, "empty");
    writeFileSync(source, "int main() {}\n");
    if (!succeeds(process.env.CXX ?? "c++", `-fsanitize=${sanitizer}`, source, "-o", program)) {
      return "skipped: the compiler has no runtime for it";
    }
    const starts = UNSCATTERED.length > 0 ? succeeds("setarch", "-R", program) : succeeds(program);
    return starts ? undefined : "skipped: its runtime does not start on this machine";
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function expectClean(outcome: Outcome, messages: readonly RegExp[] = [], status = 0): void {
  expect(outcome).toMatchObject({ status });
  expect(outcome.output).not.toMatch(REPORT);
  for (const message of messages) expect(outcome.output).toMatch(message);
}

for (const sanitizer of ["none", "address", "thread"] as const) {
  const reason = missing(sanitizer);
  const title = `native shim, sanitizer ${sanitizer}${reason === undefined ? "" : ` (${reason})`}`;
  describe.skipIf(reason !== undefined)(title, () => {
    beforeAll(() => build(sanitizer), BUILD_TIMEOUT);

    for (const { name, behaviour, messages, status } of CASES) {
      it.concurrent(`${behaviour} [${name}]`, { timeout: CASE_TIMEOUT }, async () => {
        expectClean(await runCase(sanitizer, name), messages, status);
      });
    }

    for (const { name, behaviour } of CASES.filter(({ name }) => CASES_OF_BOTH_RUNTIMES.includes(name))) {
      it.concurrent(`with the core in a process of its own, ${behaviour} [${name}]`, { timeout: CASE_TIMEOUT }, async () => {
        const environment = { KINESIS_RUNTIME: "process", ...quickEnd("process-") };
        const program = join(folder(sanitizer), "shim_test");
        expectClean(await run([...UNSCATTERED, program, name], CASE_TIMEOUT, environment));
      });
    }

    it("has a test for every case of the executable", async () => {
      const { output } = await run([join(folder(sanitizer), "shim_test"), "--list"]);
      expect(output.trim().split("\n")).toEqual([...CASES.map(({ name }) => name), BESIDE].sort());
    });

    it("takes the newest libnode that loads beside the plugin, then one in lib/", { timeout: CASE_TIMEOUT }, async () => {
      const place = join(folder(sanitizer), "beside");
      rmSync(place, { recursive: true, force: true });
      mkdirSync(join(place, "lib"), { recursive: true });
      const executable = join(place, "shim_test");
      copyFileSync(join(folder(sanitizer), "shim_test"), executable);
      const standIn = join(folder(sanitizer), "libstand_in_node.so");
      for (const [library, broken] of [
        ["lib/libnode.so.108", "libnode.so.127"],
        ["lib/libnode.so.137", "libnode.so"],
        ["libnode.so.108", "libnode.so.147"],
        ["libnode.so.115", "libnode.so.141"],
      ] as const) {
        writeFileSync(join(place, broken), "not a library");
        copyFileSync(standIn, join(place, library));
        const outcome = await runCase(sanitizer, BESIDE, executable);
        expectClean(outcome);
        expect(outcome.output.trim()).toBe(join(place, library));
      }
    });
  });
}

const valgrindTitle = `10,000 flushes lose no memory under valgrind${HAS_VALGRIND ? "" : " (skipped: not installed)"}`;
describe("native shim, valgrind", () => {
  it.skipIf(!HAS_VALGRIND)(valgrindTitle, { timeout: BUILD_TIMEOUT }, async () => {
    await build("none");
    const options = ["--leak-check=full", "--errors-for-leak-kinds=definite", "--error-exitcode=99", "--fair-sched=yes"];
    const outcome = await run(["valgrind", ...options, join(folder("none"), "shim_test"), "ten-thousand"], BUILD_TIMEOUT);
    expect(outcome).toMatchObject({ status: 0 });
    expect(outcome.output).toMatch(/ERROR SUMMARY: 0 errors/);
    expect(outcome.output).toMatch(/definitely lost: 0 bytes|no leaks are possible/);
  });
});
