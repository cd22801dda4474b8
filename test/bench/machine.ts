// Describes the machine and the versions of a benchmark.
import { execFileSync } from "node:child_process";
import { cpus, totalmem } from "node:os";
import path from "node:path";
import { version } from "../../src/host/version.js";

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGib: number;
}

export interface Versions {
  /** Node of the process that times the stages. */
  readonly node: string;
  /** File name, such as libnode.so.108; its number is the ABI. */
  readonly libnode: string;
  readonly plugin: string;
  readonly commit: string;
  readonly fluentBit?: string;
}

export function thisMachine(): Machine {
  const processors = cpus();
  return { processor: processors[0]?.model ?? "?", cores: processors.length, memoryGib: Math.round(totalmem() / 2 ** 30) };
}

function firstLineOf(command: string, ...args: string[]): string {
  try {
    return execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).split("\n")[0] ?? "";
  } catch {
    return "unknown";
  }
}

export function theseVersions(fluentBit?: string): Versions {
  const libnode = process.env["KINESIS_TEST_LIBNODE"] ?? process.env["KINESIS_LIBNODE"] ?? "";
  return {
    node: process.versions.node,
    libnode: path.basename(libnode),
    plugin: version,
    commit: firstLineOf("git", "describe", "--always", "--dirty"),
    ...(fluentBit === undefined ? {} : { fluentBit: firstLineOf(fluentBit, "--version").replace(/^Fluent Bit v?/, "") }),
  };
}

/** Prints the machine's processor and the relevant versions. */
export function tellMachine(benchmark: string): void {
  const { cores, processor } = thisMachine();
  const { node, v8, zlib } = process.versions;
  console.log(`${benchmark}: ${cores} × ${processor}, Node ${node}, V8 ${v8}, zlib ${zlib}`);
}
