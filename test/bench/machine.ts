// What a benchmark runs on, for whoever reads its numbers.
import { cpus } from "node:os";

/** Prints the machine's processor and the versions that matter. */
export function tellMachine(benchmark: string): void {
  const processors = cpus();
  const { node, v8, zlib } = process.versions;
  console.log(`${benchmark}: ${processors.length} × ${processors[0]?.model ?? "?"}, Node ${node}, V8 ${v8}, zlib ${zlib}`);
}
