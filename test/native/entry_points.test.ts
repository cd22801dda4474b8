/** Fuzzes the plugin's exports and the frames between its processes, under sanitizers. */
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { BUILD_TIMEOUT, buildPrograms, missing, run, type Sanitizer, treeOf, UNSCATTERED } from "./native_build.js";

// Numbers of calls of each part without FUZZ_SECONDS; the calls are the same each time.
const seconds = Number(process.env["FUZZ_SECONDS"] ?? 0);
const seed = Number(process.env["FUZZ_SEED"] ?? (seconds > 0 ? Date.now() % 0x4000_0000 : 20_260_114));
const calls = 500;
const frames = 20_000;
const guidedRuns = 10_000;
const titleOf = (sanitizer: Sanitizer): string => {
  const reason = missing(sanitizer);
  return reason === undefined ? "" : ` (${reason})`;
};

for (const sanitizer of ["address", "thread"] as const) {
  const reason = titleOf(sanitizer);
  describe.skipIf(reason !== "")(`random calls of the exports, sanitizer ${sanitizer}${reason}`, () => {
    const program = join(treeOf(sanitizer), "fuzz_entry_points");
    const libnode = join(treeOf(sanitizer), "libstand_in_node.so");
    beforeAll(() => buildPrograms(sanitizer, "fuzz_entry_points"), BUILD_TIMEOUT);

    // The seed's remainder by four selects how the program ends. After the core left, the end takes the whole stop limit.
    it.concurrent.each([
      ["until the process ends in order", 0],
      ["after Node died", 1],
      ["after the core left", 2],
      ["while the process ends", 3],
    ])("do no harm %s", { timeout: seconds * 2000 + 120_000 }, async (_, remainder) => {
      const end = performance.now() + (seconds * 1000) / 8;
      for (let turn = 0; turn < (remainder === 2 ? 1 : 3) || performance.now() < end; turn++) {
        const chosen = (seed + turn) * 4 + remainder;
        const environment = { KINESIS_LIBNODE: libnode, TSAN_OPTIONS: "report_signal_unsafe=0" };
        const { status, output } = await run([...UNSCATTERED, program, `${chosen}`, `${calls}`], BUILD_TIMEOUT, environment);
        const details = `fuzz_entry_points ${chosen} ${calls}\n${output.slice(-5000)}`;
        expect(status, details).toBe(0);
        expect(output, details).not.toMatch(/Sanitizer|runtime error:|not so:/);
      }
    });
  });
}

const addressless = titleOf("address");
describe.skipIf(addressless !== "")(`random frames to each of the two processes, sanitizer address${addressless}`, () => {
  const program = join(treeOf("address"), "fuzz_frames");
  beforeAll(() => buildPrograms("address", "fuzz_frames"), BUILD_TIMEOUT);

  it("do no harm and take little memory", { timeout: seconds * 2000 + BUILD_TIMEOUT }, async () => {
    const end = performance.now() + (seconds * 1000) / 8;
    for (let turn = 0; turn < 1 || performance.now() < end; turn++) {
      const chosen = seed + turn;
      const { status, output } = await run([...UNSCATTERED, program, `${chosen}`, `${frames}`], BUILD_TIMEOUT, { ASAN_OPTIONS: "hard_rss_limit_mb=1024" });
      expect(status, `fuzz_frames ${chosen} ${frames}\n${output.slice(-5000)}`).toBe(0);
    }
  });
});

const noFuzzer = titleOf("fuzzer");
describe.skipIf(noFuzzer !== "")(`inputs guided by coverage, libFuzzer${noFuzzer}`, () => {
  beforeAll(() => buildPrograms("fuzzer", "fuzz_entry_points", "fuzz_frames"), BUILD_TIMEOUT);
  const extent = seconds > 0 ? `-max_total_time=${Math.max(5, Math.round(seconds / 4))}` : `-runs=${guidedRuns}`;
  const limits = [extent, `-seed=${seed}`, `-artifact_prefix=${treeOf("fuzzer")}/`];

  async function fuzz(program: string, ...options: readonly string[]): Promise<void> {
    const environment = { KINESIS_LIBNODE: join(treeOf("fuzzer"), "libstand_in_node.so") };
    const { status, output } = await run([...UNSCATTERED, join(treeOf("fuzzer"), program), ...limits, ...options], seconds * 1000 + BUILD_TIMEOUT, environment);
    expect(status, output.slice(-5000)).toBe(0);
    expect(Number(/Done (\d+) runs/.exec(output)?.[1])).toBeGreaterThan(100);
  }

  it("do no harm as calls of the exports", { timeout: seconds * 2000 + BUILD_TIMEOUT }, () => fuzz("fuzz_entry_points", "-max_len=2048"));

  // A chunk may have 2 GiB; its memory is not used before the bytes arrive.
  it("do no harm as frames to each of the two processes", { timeout: seconds * 2000 + BUILD_TIMEOUT }, () => fuzz("fuzz_frames", "-max_len=4096", "-malloc_limit_mb=4096"));
});
