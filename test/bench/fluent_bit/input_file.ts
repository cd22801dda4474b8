// The log file that Fluent Bit reads: container logs as lines of JSON, the same in each run; made once, kept in build.
import { closeSync, existsSync, mkdirSync, openSync, renameSync, writeSync } from "node:fs";
import path from "node:path";
import { containerLog, pseudoRandom } from "../container_logs.js";

const SEED = 7;
const LINES_PER_WRITE = 10_000;

/** The records as objects; the first ones of a longer file are those of a shorter. */
export function* inputRecords(count: number): Generator<Record<string, unknown>> {
  const random = pseudoRandom(SEED);
  for (let index = 0; index < count; index++) yield containerLog(random);
}

/** Path of a file with so many records, one a line. */
export function inputFile(count: number): string {
  const file = path.resolve("build", "bench", `container_logs-${count}.jsonl`);
  if (existsSync(file)) return file;
  mkdirSync(path.dirname(file), { recursive: true });
  const unfinished = `${file}.${process.pid}`;
  const descriptor = openSync(unfinished, "w");
  let lines: string[] = [];
  const write = (): void => {
    writeSync(descriptor, lines.map((line) => `${line}\n`).join(""));
    lines = [];
  };
  for (const record of inputRecords(count)) {
    lines.push(JSON.stringify(record));
    if (lines.length === LINES_PER_WRITE) write();
  }
  write();
  closeSync(descriptor);
  renameSync(unfinished, file);
  return file;
}
