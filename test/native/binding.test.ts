/** Runs the plugin with the real binding on a real libnode under each sanitizer; the core is a script of the tests'. */
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { BUILD_TIMEOUT, buildPrograms, LIBNODE, missing, run, type Sanitizer, SOURCES, treeOf, UNSCATTERED } from "./native_build.js";

const caseTimeout = 120_000;
const report = /Sanitizer|runtime error:|DEADLYSIGNAL/;

/** By name: of a case that other tests run with the stand-in for the binding, too, or of the binding alone. */
const cases: Readonly<Record<string, string>> = {
  "own-replies": "flushes from eight threads each get their own reply",
  "replied-twice": "a second answer, and one to an unknown request, do nothing",
  "refused-init": "an init that fails leaves the others working",
  "binding-misused": "each function refuses wrong arguments by its name",
  "binding-memory": "memory is given back",
  "binding-handler-throws": "an exception out of the handler of requests is an uncaught one, and nobody waits for ever",
  "binding-metrics-and-log": "options, metrics and the log get through",
  "binding-node-ends": "when Node's loop ends with flushes open, they get retry, and scripts lose their chunks",
  "binding-node-exits": "when a script ends the process with flushes open, they get retry",
  "binding-exit-with-flushes-open": "flushes open at the end of the process get the core's reply",
  "binding-exit-while-read": "an exit waits for a script that reads a chunk, for longer than the time limit",
  "coroutines-of-workers": "flushes of two workers and the engine are resumed on their own threads",
  "coroutines-abandoned": "an exit ends its output's flushes, and nothing reads their chunks afterwards",
  "coroutines-delivered-at-exit": "an exit can deliver chunks of flushes that nobody resumes",
  "coroutines-inputs-end-first": "a host that frees chunks before its outputs' exits has scripts read copies",
  "coroutines-worker-ends": "a thread that ends takes its flushes back first",
  "coroutines-ten-reloads": "ten reloads while flushes wait leave nothing behind",
  "coroutines-at-random": "flushes, releases and ends in random order do no harm",
};

/** Why there is nothing to run; empty when there is. */
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
      // libnode was compiled without the sanitizer, so it sees only a part of what orders libnode's threads.
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
