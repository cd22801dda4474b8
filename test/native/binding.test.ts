/** Runs the plugin with the real binding on a real libnode under each sanitizer; the core is a script of the tests'. */
import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { beforeAll, describe, expect, it } from "vitest";

const libnode = process.env["KINESIS_TEST_LIBNODE"] ?? "";
const builds = fileURLToPath(new URL("../../build/test-native/", import.meta.url));
const sources = fileURLToPath(new URL(".", import.meta.url));
const buildTimeout = 600_000;
const caseTimeout = 120_000;
const report = /Sanitizer|runtime error:|DEADLYSIGNAL/;

/** By name: of a case that other tests run with the stand-in for the binding, too, or of the binding alone. */
const cases: Readonly<Record<string, string>> = {
  "own-answers": "flushes from eight threads each get their own reply",
  "answered-twice": "a second answer, and one to an unknown request, do nothing",
  "refused-init": "an init that fails leaves the others working",
  "binding-misused": "each function refuses wrong arguments by its name",
  "binding-memory": "memory is given back",
  "binding-handler-throws": "an exception out of the handler of requests is an uncaught one, and nobody waits for ever",
  "binding-metrics-and-log": "options, metrics and the log get through",
  "binding-node-ends": "when Node's loop ends with flushes open, they get retry, and scripts lose their chunks",
  "binding-node-exits": "when a script ends the process with flushes open, they get retry",
  "binding-exit-with-flushes-open": "flushes open at the end of the process get the core's reply",
  "binding-exit-while-read": "an exit waits for a script that reads a chunk, for longer than 8 s",
  "coroutines-of-workers": "flushes of two workers and the engine are resumed on their own threads",
  "coroutines-abandoned": "an exit ends its output's flushes, and nothing reads their chunks afterwards",
  "coroutines-delivered-at-exit": "an exit can deliver chunks of flushes that nobody resumes",
  "coroutines-inputs-end-first": "a host that frees chunks before its outputs' exits has scripts read copies",
  "coroutines-worker-ends": "a thread that ends takes its flushes back first",
  "coroutines-ten-reloads": "ten reloads while flushes wait leave nothing behind",
  "coroutines-at-random": "flushes, releases and ends in random order do no harm",
};

interface Outcome {
  readonly status: number | string;
  readonly output: string;
}

function run(command: readonly string[], timeout: number, environment: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const [file = "", ...args] = command;
  return new Promise((resolve) => {
    execFile(file, args, { env: { ...process.env, ...environment }, timeout, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : (error.code ?? error.signal ?? "no status"), output: stdout + stderr });
    });
  });
}

function succeeds(command: string, ...args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}

// ThreadSanitizer does not start where the kernel scatters addresses widely.
const unscattered = succeeds("setarch", "-R", "true") ? ["setarch", "-R"] : [];

/** Why there is nothing to run; empty when there is. */
function missing(sanitizer: string): string {
  if (libnode === "" || !existsSync(libnode)) return " (skipped: no libnode, which `make test` finds)";
  const scratch = mkdtempSync(join(tmpdir(), "sanitizer-"));
  try {
    const [source, program] = [join(scratch, "empty.cc"), join(scratch, "empty")];
    writeFileSync(source, "int main() {}\n");
    if (!succeeds(process.env["CXX"] ?? "c++", `-fsanitize=${sanitizer}`, source, "-o", program)) return " (skipped: the compiler has no runtime for it)";
    return succeeds("sh", "-c", [...unscattered, program].join(" ")) ? "" : " (skipped: its runtime does not start on this machine)";
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** The form of build/kinesis.js, see scripts/bundle.mjs. */
async function bundleCore(): Promise<string> {
  const options = { bundle: true, platform: "node", format: "cjs", target: "node18", charset: "ascii", write: false } as const;
  const { outputFiles } = await build({ ...options, entryPoints: [join(sources, "script_core.ts")] });
  const script = `(function (module, exports, require) {${outputFiles[0]?.text ?? ""}})`;
  const file = join(builds, "script_core.js");
  mkdirSync(builds, { recursive: true });
  writeFileSync(file, `${JSON.stringify([["./main.js", Buffer.byteLength(script)]])}\n${script}`);
  return file;
}

for (const sanitizer of ["address", "thread"]) {
  const reason = missing(sanitizer);
  describe.skipIf(reason !== "")(`the real binding on libnode, sanitizer ${sanitizer}${reason}`, () => {
    const folder = join(builds, `binding-${sanitizer}`);
    const program = join(folder, "binding_test");
    const environment: NodeJS.ProcessEnv = {
      KINESIS_LIBNODE: libnode,
      KINESIS_RUNTIME: "embedded",
      LD_LIBRARY_PATH: process.env["KINESIS_TEST_LIBRARY_PATH"],
      // libnode was compiled without the sanitizer, so it sees only a part of what orders libnode's threads.
      TSAN_OPTIONS: `report_signal_unsafe=0 suppressions=${join(sources, "libnode.tsan")}`,
    };

    beforeAll(async () => {
      const definitions = [`-DSANITIZER=${sanitizer}`, `-DLIBNODE=${libnode}`, `-DKINESIS_BUNDLE=${await bundleCore()}`];
      expect(await run(["cmake", "-S", sources, "-B", folder, ...definitions], buildTimeout)).toMatchObject({ status: 0 });
      const built = ["cmake", "--build", folder, "--target", "binding_test", "--parallel", "2"];
      expect(await run(built, buildTimeout)).toMatchObject({ status: 0 });
    }, buildTimeout);

    for (const [name, behaviour] of Object.entries(cases)) {
      it.concurrent(`${behaviour} [${name}]`, { timeout: caseTimeout }, async () => {
        const { status, output } = await run([...unscattered, program, name], caseTimeout, environment);
        expect(status, output.slice(-5000)).toBe(0);
        expect(output).not.toMatch(report);
      });
    }
  });
}
