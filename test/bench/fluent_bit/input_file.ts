// Makes the log files that Fluent Bit reads: container logs as lines of JSON, the same in each run, kept in build.
import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import path from "node:path";
import { containerLog, pseudoRandom } from "../container_logs.js";
import { KEY_FIELD, nameOf, PLAIN, type Workload } from "./workload.js";

const SEED = 7;
const KEY_SEED = 8;
const LINES_PER_WRITE = 10_000;

/** The files of one run, one for each tag, in a separate folder. */
export interface Input {
  readonly files: readonly string[];
  /** Pattern for `tail` that matches all files. */
  readonly pattern: string;
}

/** Yields the records as objects; a longer input begins with the records of a shorter one. */
export function* inputRecords(count: number, { keys }: Workload = PLAIN): Generator<Record<string, unknown>> {
  const random = pseudoRandom(SEED);
  const randomKey = pseudoRandom(KEY_SEED);
  for (let index = 0; index < count; index++) {
    const record = containerLog(random);
    yield keys === 0 ? record : { ...record, [KEY_FIELD]: `customer-${Math.floor(randomKey() * keys)}` };
  }
}

/** Returns the files with this many records, distributed over the tags in turn. */
export function inputOf(count: number, workload: Workload = PLAIN): Input {
  const name = ["container_logs", String(count), nameOf(workload)].filter((part) => part !== "").join("-");
  const folder = path.resolve("build", "bench", name);
  const names = Array.from({ length: workload.tags }, (_, tag) => `${tag}.jsonl`);
  if (!existsSync(folder)) {
    const unfinished = `${folder}.${process.pid}`;
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(unfinished, { recursive: true });
    writeLines(names.map((file) => path.join(unfinished, file)), inputRecords(count, workload));
    renameSync(unfinished, folder);
  }
  return { files: names.map((file) => path.join(folder, file)), pattern: path.join(folder, "*.jsonl") };
}

function writeLines(files: readonly string[], records: Iterable<Record<string, unknown>>): void {
  const parts = files.map((file) => ({ descriptor: openSync(file, "w"), lines: [] as string[] }));
  const write = ({ descriptor, lines }: (typeof parts)[number]): void => {
    writeSync(descriptor, lines.splice(0).join(""));
  };
  let index = 0;
  for (const record of records) {
    const part = parts[index++ % parts.length];
    if (part === undefined) continue;
    part.lines.push(`${JSON.stringify(record)}\n`);
    if (part.lines.length === LINES_PER_WRITE) write(part);
  }
  for (const part of parts) {
    write(part);
    closeSync(part.descriptor);
  }
}

/** Returns the length of each file, by its path. */
export function sizesOf({ files }: Input): ReadonlyMap<string, number> {
  return new Map(files.map((file) => [file, statSync(file).size]));
}
