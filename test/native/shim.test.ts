/** Builds the native shim with each sanitizer and runs its cases, with stand-ins for Fluent Bit, Node and the core. */
import { execFile, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";

type Sanitizer = "none" | "address" | "thread";

interface Case {
  readonly name: string;
  readonly behaviour: string;
  readonly messages?: readonly RegExp[];
}

const CASES: readonly Case[] = [
  { name: "own-answers", behaviour: "flushes from eight threads each get their own answer" },
  { name: "odd-arguments", behaviour: "an empty chunk, a negative length and a missing tag are taken" },
  { name: "several-instances", behaviour: "instances are told apart, and closed one by one" },
  { name: "refused-init", behaviour: "an init that fails leaves the instance before it, and the next, working" },
  { name: "answered-twice", behaviour: "a second answer, and one to an unknown request, do nothing" },
  { name: "ten-thousand", behaviour: "10,000 flushes leave nothing behind" },
  {
    name: "no-libnode",
    behaviour: "without libnode, init fails and says what was tried and how to install it",
    messages: [/\/nowhere\/libnode\.so\.1: no such file/, /apt-get install/, /dnf install nodejs-libs/, /nodejs20-libs/],
  },
  {
    name: "libnode-not-loadable",
    behaviour: "a libnode that cannot be loaded is reported with the loader's reason",
    messages: [/\/dev\/null: .*file too short/],
  },
  {
    name: "not-a-libnode",
    behaviour: "a library without node::Start is refused",
    messages: [/libm\.so\.6: has no node::Start/],
  },
  { name: "search-again", behaviour: "an init after one that found no libnode searches again" },
  {
    name: "start-returns-early",
    behaviour: "Node ending before the core is up fails each init",
    messages: [/stopped before the plugin's core was up \(status 7\)/],
  },
  { name: "several-inits-at-once", behaviour: "inits from several threads share one Node" },
  { name: "node-thread-is-fit", behaviour: "Node gets the plugin's path and a stack of 8 MiB" },
  { name: "dispositions-after-init", behaviour: "every signal's disposition is the host's again after init" },
  { name: "dispositions-after-early-return", behaviour: "so it is when Node ended before the core was up" },
  { name: "delivered-to-host", behaviour: "a signal runs the host's handler on the host's thread" },
  { name: "caller-mask", behaviour: "init leaves the calling thread's signal mask as it was" },
  { name: "node-mask", behaviour: "Node's thread has all signals blocked but its own faults" },
  { name: "node-dies", behaviour: "when Node dies, waiting and later flushes get retry" },
  { name: "node-exits", behaviour: "when the core calls process.exit, waiting and later flushes get retry" },
  { name: "node-dies-under-load", behaviour: "no flush waits for ever when Node dies under load" },
  { name: "exit-joins-node", behaviour: "the process waits for Node's thread when it ends" },
  { name: "exit-with-flushes-waiting", behaviour: "flushes waiting when the process ends get the core's answer" },
  { name: "exit-without-init", behaviour: "calls without an init are harmless" },
  { name: "registered-again", behaviour: "a hot reload's second registration and init work" },
  {
    name: "node-never-ends",
    behaviour: "a Node that does not end cannot hold the process",
    messages: [/did not stop in time/],
  },
];

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

function run(command: readonly string[], timeout = CASE_TIMEOUT): Promise<Outcome> {
  const [file = "", ...args] = command;
  const { KINESIS_LIBNODE: _chosen, ...env } = process.env;
  return new Promise((resolve) => {
    execFile(file, args, { env, timeout, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      const status = error === null ? 0 : (error.code ?? error.signal ?? "no status");
      resolve({ status, output: stdout + stderr });
    });
  });
}

const folder = (sanitizer: Sanitizer): string => join(BUILDS, sanitizer);

function runCase(sanitizer: Sanitizer, name: string, executable = join(folder(sanitizer), "shim_test")) {
  return run([...UNSCATTERED, executable, name]);
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
    const [file = program, ...args] = [...UNSCATTERED, program];
    return succeeds(file, ...args) ? undefined : "skipped: its runtime does not start on this machine";
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function expectClean(outcome: Outcome, messages: readonly RegExp[] = []): void {
  expect(outcome).toMatchObject({ status: 0 });
  expect(outcome.output).not.toMatch(REPORT);
  for (const message of messages) expect(outcome.output).toMatch(message);
}

for (const sanitizer of ["none", "address", "thread"] as const) {
  const reason = missing(sanitizer);
  const title = `native shim, sanitizer ${sanitizer}${reason === undefined ? "" : ` (${reason})`}`;
  describe.skipIf(reason !== undefined)(title, () => {
    beforeAll(() => build(sanitizer), BUILD_TIMEOUT);

    for (const { name, behaviour, messages } of CASES) {
      it.concurrent(`${behaviour} [${name}]`, { timeout: CASE_TIMEOUT }, async () => {
        expectClean(await runCase(sanitizer, name), messages);
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
