/** Builds the programs of this folder's CMakeLists.txt, in one tree for each sanitizer, and runs them. */
import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build as bundle } from "esbuild";

export type Sanitizer = "none" | "address" | "thread" | "fuzzer";

export interface Outcome {
  readonly status: number | string;
  readonly output: string;
}

/** Time limit of a build of all programs under a sanitizer, while all other tests run on a slow machine. */
export const BUILD_TIMEOUT = 600_000;
export const SOURCES = fileURLToPath(new URL(".", import.meta.url));
const trees = fileURLToPath(new URL("../../build/native-tests/", import.meta.url));
/** Path of the libnode for the tests of the real binding; empty when there is none. */
export const LIBNODE = existsSync(process.env["KINESIS_TEST_LIBNODE"] ?? "") ? (process.env["KINESIS_TEST_LIBNODE"] ?? "") : "";

function succeeds(command: string, ...args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}

/** Prefix of a command under a sanitizer: ThreadSanitizer does not start where the kernel randomises addresses widely. */
export const UNSCATTERED: readonly string[] = succeeds("setarch", "-R", "true") ? ["setarch", "-R"] : [];

/** Runs a command to its end. Removes undefined variables from its environment. */
export function run(command: readonly string[], timeout: number, environment: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const [file = "", ...args] = command;
  return new Promise((resolve) => {
    execFile(file, args, { env: { ...process.env, ...environment }, timeout, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : (error.code ?? error.signal ?? "no status"), output: stdout + stderr });
    });
  });
}

const compilerOf = (sanitizer: Sanitizer): string => (sanitizer === "fuzzer" ? "clang++" : (process.env["CXX"] ?? "c++"));
const fuzzer = '#include <cstddef>\nextern "C" int LLVMFuzzerTestOneInput(const unsigned char *, size_t) { return 0; }\n';

/** Returns why a program with this sanitizer cannot be built or run here; undefined when it can. */
export function missing(sanitizer: Sanitizer): string | undefined {
  if (sanitizer === "none") return undefined;
  const scratch = mkdtempSync(join(tmpdir(), "sanitizer-"));
  try {
    const [source, program] = [join(scratch, "empty.cc"), join(scratch, "empty")];
    writeFileSync(source, sanitizer === "fuzzer" ? fuzzer : "int main() {}\n");
    const names = sanitizer === "fuzzer" ? "fuzzer,address" : sanitizer;
    if (!succeeds(compilerOf(sanitizer), `-fsanitize=${names}`, source, "-o", program)) return "skipped: the compiler has no runtime for it";
    const [command = "", ...args] = [...UNSCATTERED, program, ...(sanitizer === "fuzzer" ? ["-runs=1"] : [])];
    return succeeds(command, ...args) ? undefined : "skipped: its runtime does not start on this machine";
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** Bundles the core of the real binding's tests in the format of build/kinesis.js (scripts/bundle.mjs). Returns the file. */
async function bundleCore(): Promise<string> {
  const options = { bundle: true, platform: "node", format: "cjs", target: "node18", charset: "ascii", write: false } as const;
  const { outputFiles } = await bundle({ ...options, entryPoints: [join(SOURCES, "script_core.ts")] });
  const script = `(function (module, exports, require) {${outputFiles[0]?.text ?? ""}})`;
  const text = `${JSON.stringify([["./main.js", Buffer.byteLength(script)]])}\n${script}`;
  const file = join(trees, "script_core.js");
  if (existsSync(file) && readFileSync(file, "utf8") === text) return file;
  // Test files build concurrently: each writes a separate file, and the last rename wins.
  const fresh = `${file}.${process.pid}`;
  writeFileSync(fresh, text);
  renameSync(fresh, file);
  return file;
}

/** Returns the folder of a sanitizer's programs. */
export const treeOf = (sanitizer: Sanitizer): string => join(trees, sanitizer);

/** Builds programs with a sanitizer. Throws an error with the compiler's output. Test files that build in one tree wait for each other. */
export async function buildPrograms(sanitizer: Sanitizer, ...programs: readonly string[]): Promise<void> {
  const tree = treeOf(sanitizer);
  mkdirSync(tree, { recursive: true });
  // All test files use the same configuration, so that none makes another compile again.
  const settings = [`-DSANITIZER=${sanitizer}`];
  if (LIBNODE !== "") settings.push(`-DLIBNODE=${LIBNODE}`, `-DKINESIS_BUNDLE=${await bundleCore()}`);
  const isNew = !existsSync(join(tree, "CMakeCache.txt"));
  if (isNew && process.env["CMAKE_GENERATOR"] === undefined && succeeds("ninja", "--version")) settings.push("-GNinja");
  const locked = ["flock", join(trees, `${sanitizer}.lock`), "cmake"];
  const steps = [
    ["-S", SOURCES, "-B", tree, ...settings],
    ["--build", tree, "--parallel", String(availableParallelism()), "--target", ...programs],
  ];
  // make's own flags and jobs would only confuse a build inside of `make test`.
  const environment = { CXX: compilerOf(sanitizer), MAKEFLAGS: undefined, MFLAGS: undefined, MAKELEVEL: undefined };
  for (const step of steps) {
    const { status, output } = await run([...locked, ...step], BUILD_TIMEOUT, environment);
    if (status !== 0) throw new Error(`cmake ${step.join(" ")} ended with ${status}:\n${output.slice(-20_000)}`);
  }
}
