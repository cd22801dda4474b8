/** Random calls of the plugin's exports, and random frames between its processes, under sanitizers. */
import { execFile, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";

const seconds = Number(process.env["FUZZ_SECONDS"] ?? 0);
const seed = Number(process.env["FUZZ_SEED"] ?? Date.now() % 0x4000_0000);
const calls = 500;
const compiler = process.env["CXX"] ?? "c++";
const here = fileURLToPath(new URL(".", import.meta.url));
const native = join(here, "../../native");
const builds = join(here, "../../build/test-native/fuzz");
const shim = [
  ...["shim_host.cc", "stand_in_binding.cc", "stand_in_own_libraries.cc", "fingerprint.cc"].map((file) => join(here, file)),
  ...readdirSync(native, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".cc") && !/(?:^|\/)(?:binding|external_builtins|own_libraries|host_memory)\.|\/glibc\/|_windows/u.test(file))
    .map((file) => join(native, file)),
];
const buildTimeout = 600_000;
// ThreadSanitizer does not start where the kernel scatters addresses widely.
const unscattered = spawnSync("setarch", ["-R", "true"]).status === 0 ? ["setarch", "-R"] : [];

interface Outcome {
  readonly status: number | string;
  readonly output: string;
}

function run(command: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const [file = "", ...args] = command;
  const options = { env: { ...process.env, ...environment }, timeout: buildTimeout, maxBuffer: 1 << 26 };
  return new Promise((resolve) => {
    execFile(file, args, options, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : (error.code ?? error.signal ?? "no status"), output: stdout + stderr });
    });
  });
}

/** Why nothing with this sanitizer can be built or run here; an empty text when it can. */
function missing(sanitizer: string, by = compiler, body = "int main() {}"): string {
  const scratch = mkdtempSync(join(tmpdir(), "sanitizer-"));
  try {
    const [source, program] = [join(scratch, "empty.cc"), join(scratch, "empty")];
    writeFileSync(source, `${body}\n`);
    const isBuilt = spawnSync(by, [`-fsanitize=${sanitizer}`, source, "-o", program]).status === 0;
    return isBuilt && spawnSync("sh", ["-c", [...unscattered, program, "-runs=1"].join(" ")]).status === 0 ? "" : " (skipped: nothing can be built or run with it here)";
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

for (const sanitizer of ["address", "thread"]) {
  const reason = missing(sanitizer);
  describe.skipIf(reason !== "")(`random calls of the exports, sanitizer ${sanitizer}${reason}`, () => {
    const libnode = join(builds, `libstand_in_node-${sanitizer}.so`);
    const program = join(builds, `fuzz_entry_points-${sanitizer}`);

    beforeAll(async () => {
      mkdirSync(builds, { recursive: true });
      const flags = ["-std=c++17", "-g", "-O1", "-Wall", "-Wextra", "-Werror", "-fno-omit-frame-pointer", `-I${native}`];
      const standIn = await run([compiler, ...flags, "-shared", "-fPIC", join(here, "stand_in_libnode.cc"), "-o", libnode]);
      expect(standIn).toMatchObject({ status: 0 });
      const linked = ["-rdynamic", "-pthread", "-ldl", "-o", program];
      expect(await run([compiler, ...flags, `-fsanitize=${sanitizer}`, join(here, "fuzz_entry_points.cc"), ...shim, ...linked])).toMatchObject({ status: 0 });
    }, buildTimeout);

    // The seed's remainder by four tells how the program ends. A core that left holds its end for eight seconds.
    it.concurrent.each([
      ["end in order", 0],
      ["go on after Node died", 1],
      ["go on after the core left", 2],
      ["go on while the process ends", 3],
    ])("%s", { timeout: seconds * 2000 + 120_000 }, async (_, remainder) => {
      const end = performance.now() + (seconds * 1000) / 8;
      for (let turn = 0; turn < (remainder === 2 ? 1 : 3) || performance.now() < end; turn++) {
        const chosen = (seed + turn) * 4 + remainder;
        const environment = { KINESIS_LIBNODE: libnode, TSAN_OPTIONS: "report_signal_unsafe=0" };
        const { status, output } = await run([...unscattered, program, `${chosen}`, `${calls}`], environment);
        const told = `fuzz_entry_points ${chosen} ${calls}\n${output.slice(-5000)}`;
        expect(status, told).toBe(0);
        expect(output, told).not.toMatch(/Sanitizer|runtime error:|not so:/);
      }
    });
  });
}

const addressless = missing("address");
describe.skipIf(addressless !== "")(`random frames to each of the two processes, sanitizer address${addressless}`, () => {
  it("do no harm and take little memory", { timeout: seconds * 2000 + buildTimeout }, async () => {
    const program = join(builds, "fuzz_frames-address");
    mkdirSync(builds, { recursive: true });
    const flags = ["-std=c++17", "-g", "-O1", "-Wall", "-Wextra", "-Werror", "-fno-omit-frame-pointer", `-I${native}`];
    const linked = ["-rdynamic", "-pthread", "-ldl", "-o", program];
    expect(await run([compiler, ...flags, "-fsanitize=address", join(here, "fuzz_frames.cc"), ...shim, ...linked])).toMatchObject({ status: 0 });
    const end = performance.now() + (seconds * 1000) / 8;
    for (let turn = 0; turn < 1 || performance.now() < end; turn++) {
      const chosen = seed + turn;
      const { status, output } = await run([...unscattered, program, `${chosen}`, "20000"], { ASAN_OPTIONS: "hard_rss_limit_mb=1024" });
      expect(status, `fuzz_frames ${chosen} 20000\n${output.slice(-5000)}`).toBe(0);
    }
  });
});

const guidedBy = "clang++";
const oneInput = '#include <cstddef>\nextern "C" int LLVMFuzzerTestOneInput(const unsigned char *, size_t) { return 0; }';
const noFuzzer = missing("fuzzer,address", guidedBy, oneInput);
describe.skipIf(noFuzzer !== "")(`calls of the exports guided by coverage, libFuzzer${noFuzzer}`, () => {
  it("do no harm", { timeout: seconds * 2000 + buildTimeout }, async () => {
    const [libnode, program] = [join(builds, "libstand_in_node-guided.so"), join(builds, "guided_entry_points")];
    mkdirSync(builds, { recursive: true });
    const flags = ["-std=c++17", "-g", "-O1", "-Wall", "-Wextra", "-Werror", "-fno-omit-frame-pointer", `-I${native}`];
    const standIn = await run([guidedBy, ...flags, "-shared", "-fPIC", join(here, "stand_in_libnode.cc"), "-o", libnode]);
    expect(standIn).toMatchObject({ status: 0 });
    const inputs = [join(here, "guided_entry_points.cc"), ...shim];
    const linked = ["-fsanitize=fuzzer,address", ...inputs, "-rdynamic", "-pthread", "-ldl", "-o", program];
    expect(await run([guidedBy, ...flags, ...linked])).toMatchObject({ status: 0 });
    const limits = [`-max_total_time=${Math.max(5, Math.round(seconds / 4))}`, "-max_len=2048", `-artifact_prefix=${builds}/`];
    const { status, output } = await run([...unscattered, program, ...limits], { KINESIS_LIBNODE: libnode });
    expect(status, output.slice(-5000)).toBe(0);
    expect(Number(/Done (\d+) runs/.exec(output)?.[1])).toBeGreaterThan(100);
  });

  it("and frames to each of the two processes do no harm", { timeout: seconds * 2000 + buildTimeout }, async () => {
    const program = join(builds, "guided_frames");
    mkdirSync(builds, { recursive: true });
    const flags = ["-std=c++17", "-g", "-O1", "-Wall", "-Wextra", "-Werror", "-fno-omit-frame-pointer", "-DGUIDED", `-I${native}`];
    const linked = ["-fsanitize=fuzzer,address", join(here, "fuzz_frames.cc"), ...shim, "-rdynamic", "-pthread", "-ldl", "-o", program];
    expect(await run([guidedBy, ...flags, ...linked])).toMatchObject({ status: 0 });
    // A chunk may have 2 GiB, which are not touched before they come.
    const limits = [`-max_total_time=${Math.max(5, Math.round(seconds / 4))}`, "-max_len=4096", "-malloc_limit_mb=4096", `-artifact_prefix=${builds}/`];
    const { status, output } = await run([...unscattered, program, ...limits]);
    expect(status, output.slice(-5000)).toBe(0);
    expect(Number(/Done (\d+) runs/.exec(output)?.[1])).toBeGreaterThan(100);
  });
});
