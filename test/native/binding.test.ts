/** Tests the real binding on a real libnode under each sanitizer; the core is script_core.ts. */
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { BUILD_TIMEOUT, buildPrograms, LIBNODE, missing, run, type Sanitizer, SOURCES, treeOf, UNSCATTERED } from "./native_build.js";

const caseTimeout = 120_000;
const report = /Sanitizer|runtime error:|DEADLYSIGNAL/;

/** Behaviour by case. Cases without the prefix "binding-" also run with the stand-in for the binding. */
const cases: Readonly<Record<string, string>> = {
  "own-replies": "flushes from eight threads each get their own reply",
  "replied-twice": "a second reply, and a reply to an unknown request, do nothing",
  "refused-init": "a failed init leaves the other instances working",
  "binding-misused": "each function rejects wrong arguments with an error that has the function's name",
  "binding-memory": "released memory is returned to the system",
  "binding-handler-throws": "an exception in the handler of requests is an uncaught exception, and no flush waits for ever",
  "binding-metrics-and-log": "options, metrics and lines of the log pass the binding",
  "binding-node-ends": "when Node's loop ends with open flushes, they get retry, and scripts lose their chunks",
  "binding-node-exits": "when a script ends the process with open flushes, they get retry",
  "binding-exit-with-flushes-open": "open flushes get the core's reply at the end of the process",
  "binding-exit-while-read": "an exit waits for a script that reads a chunk, for longer than the time limit",
  "coroutines-of-workers": "flushes of two workers and the engine are resumed on their own threads",
  "coroutines-abandoned": "an exit ends its output's flushes, and nothing reads their chunks afterwards",
  "coroutines-delivered-at-exit": "an exit can deliver chunks of flushes that are not resumed any more",
  "coroutines-inputs-end-first": "scripts read copies of chunks for a host that frees chunks before it exits its outputs",
  "coroutines-worker-ends": "a thread of the host takes its waiting flushes back from the core before it ends",
  "coroutines-ten-reloads": "ten reloads while flushes wait leave nothing behind",
  "coroutines-at-random": "flushes, releases and ends of threads and outputs in random order do no harm",
};

/** Returns why the tests cannot run; empty when they can. */
function reasonToSkip(sanitizer: Sanitizer): string {
  const reason = LIBNODE === "" ? "skipped: no libnode, which `make test` finds" : missing(sanitizer);
  return reason === undefined ? "" : ` (${reason})`;
}

for (const sanitizer of ["address", "thread"] as const) {
  const reason = reasonToSkip(sanitizer);
  describe.skipIf(reason !== "")(`the real binding on libnode, sanitizer ${sanitizer}${reason}`, () => {
    const program = join(treeOf(sanitizer), "binding_test");
    const environment: NodeJS.ProcessEnv = {
      KINESIS_LIBNODE: LIBNODE,
      KINESIS_RUNTIME: "embedded",
      LD_LIBRARY_PATH: process.env["KINESIS_TEST_LIBRARY_PATH"],
      // libnode was compiled without the sanitizer, which therefore misses a part of the synchronisation of libnode's threads.
      TSAN_OPTIONS: `report_signal_unsafe=0 suppressions=${join(SOURCES, "libnode.tsan")}`,
    };

    beforeAll(() => buildPrograms(sanitizer, "binding_test"), BUILD_TIMEOUT);

    for (const [name, behaviour] of Object.entries(cases)) {
      it.concurrent(`${behaviour} [${name}]`, { timeout: caseTimeout }, async () => {
        const { status, output } = await run([...UNSCATTERED, program, name], caseTimeout, environment);
        expect(status, output.slice(-5000)).toBe(0);
        expect(output).not.toMatch(report);
      });
    }
  });
}
