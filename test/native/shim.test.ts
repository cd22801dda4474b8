/** Builds the native shim with each sanitizer and runs its cases, with stand-ins for Fluent Bit, Node and the core. */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { BUILD_TIMEOUT, buildPrograms, missing, type Outcome, run, type Sanitizer, treeOf, UNSCATTERED } from "./native_build.js";
import { CASES, CASES_OF_BOTH_RUNTIMES } from "./shim-cases.js";

// Has a separate test, which makes the folder that this case needs.
const BESIDE = "beside-the-plugin";

const REPORT = /Sanitizer|runtime error:|DEADLYSIGNAL/;
const CASE_TIMEOUT = 120_000;
const HAS_VALGRIND = spawnSync("valgrind", ["--version"], { stdio: "ignore" }).status === 0;

function runCase(sanitizer: Sanitizer, name: string, executable = join(treeOf(sanitizer), "shim_test"), environment: NodeJS.ProcessEnv = { KINESIS_RUNTIME: "", ...quickEnd(name) }): Promise<Outcome> {
  return run([...UNSCATTERED, executable, name], CASE_TIMEOUT, { ...environment, KINESIS_LIBNODE: undefined, KINESIS_NODE: undefined });
}

// Shortens the second for which ThreadSanitizer lets other threads run at the end of each process.
function quickEnd(name: string): NodeJS.ProcessEnv {
  return name.startsWith("process-") ? { TSAN_OPTIONS: "atexit_sleep_ms=50" } : {};
}

function expectClean(outcome: Outcome, messages: readonly RegExp[] = [], status = 0): void {
  expect(outcome).toMatchObject({ status });
  expect(outcome.output).not.toMatch(REPORT);
  for (const message of messages) expect(outcome.output).toMatch(message);
}

const build = (sanitizer: Sanitizer): Promise<void> => buildPrograms(sanitizer, "shim_test");

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
      it.concurrent(`with the core in a separate process, ${behaviour} [${name}]`, { timeout: CASE_TIMEOUT }, async () => {
        const environment = { KINESIS_RUNTIME: "process", ...quickEnd("process-") };
        expectClean(await runCase(sanitizer, name, undefined, environment));
      });
    }

    it("has a test for every case of the executable", async () => {
      const { output } = await run([join(treeOf(sanitizer), "shim_test"), "--list"], CASE_TIMEOUT);
      expect(output.trim().split("\n")).toEqual([...CASES.map(({ name }) => name), BESIDE].sort());
    });

    it("takes the newest loadable libnode next to the plugin, then one in lib/", { timeout: CASE_TIMEOUT }, async () => {
      const place = join(treeOf(sanitizer), "beside");
      rmSync(place, { recursive: true, force: true });
      mkdirSync(join(place, "lib"), { recursive: true });
      const executable = join(place, "shim_test");
      copyFileSync(join(treeOf(sanitizer), "shim_test"), executable);
      const standIn = join(treeOf(sanitizer), "libstand_in_node.so");
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
    const outcome = await run(["valgrind", ...options, join(treeOf("none"), "shim_test"), "ten-thousand"], BUILD_TIMEOUT);
    expect(outcome).toMatchObject({ status: 0 });
    expect(outcome.output).toMatch(/ERROR SUMMARY: 0 errors/);
    expect(outcome.output).toMatch(/definitely lost: 0 bytes|no leaks are possible/);
  });
});
