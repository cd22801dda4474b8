// Measures Fluent Bit's memory at rest, by output.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Child } from "../../support/child.js";
import { pluginEnvironment } from "../../support/environment.js";
import { configurationOf } from "../../support/fluent_bit.js";
import { median } from "../statistics.js";
import { inputRecords } from "./input_file.js";
import { KinesisProcess } from "./kinesis_process.js";
import { libraryOf, type Programs } from "./programs.js";
import { type Endpoint, outputSection, parseVariant } from "./variant.js";

const restMs = 3000;
const runs = 3;
const fewRecords = 10;

export interface Rest {
  readonly variant: string;
  /** Resident memory some seconds after the start, with one output instance, before any record. */
  readonly rssMib: number;
  /** Resident memory after a few records. */
  readonly usedRssMib: number;
}

/** Throws when Fluent Bit does not start, or when the few records do not arrive. */
export async function measureRest(names: readonly string[], programs: Programs): Promise<Rest[]> {
  const folder = mkdtempSync(path.join(tmpdir(), "kinesis-bench-"));
  const kinesis = await KinesisProcess.start(folder);
  try {
    const rests: Rest[] = [];
    for (const variant of names) {
      const unused: number[] = [];
      const used: number[] = [];
      for (let run = 0; run < runs; run++) {
        unused.push(await rssAtRest(variant, 0, folder, kinesis.endpoint, programs));
        await kinesis.reset();
        used.push(await rssAtRest(variant, fewRecords, folder, kinesis.endpoint, programs));
        const { records } = await kinesis.counts();
        if (variant !== "null" && records !== fewRecords) throw new Error(`${variant}: ${records} records arrived of ${fewRecords}`);
      }
      rests.push({ variant, rssMib: median(unused), usedRssMib: median(used) });
    }
    return rests;
  } finally {
    await kinesis.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function rssAtRest(name: string, records: number, folder: string, endpoint: Endpoint, programs: Programs): Promise<number> {
  const variant = parseVariant(name);
  const log = path.join(folder, "records.log");
  writeFileSync(log, Array.from(inputRecords(records), (record) => `${JSON.stringify(record)}\n`).join(""));
  const input = { name: "tail", properties: { path: log, read_from_head: "on" } };
  const file = path.join(folder, "fluent-bit.conf");
  writeFileSync(file, configurationOf({ inputs: [input], outputs: [outputSection(variant, endpoint)] }));
  const library = libraryOf(variant, programs);
  const { certificateFile } = endpoint;
  const fluentBit = new Child(programs.fluentBit, [...(library === undefined ? [] : ["-e", library]), "-c", file], {
    env: pluginEnvironment({ AWS_CA_BUNDLE: certificateFile, SSL_CERT_FILE: certificateFile }),
  });
  try {
    await sleep(restMs);
    if (fluentBit.hasEnded) throw new Error(`${name}: Fluent Bit ended:\n${fluentBit.output.slice(-2000)}`);
    return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${fluentBit.pid}/status`, "utf8"))?.[1]) / 1024;
  } finally {
    await fluentBit.destroy();
  }
}
