// Runs a Fluent Bit that follows an evenly growing file, with several outputs, and counts each one's requests.
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Child } from "../../support/child.js";
import { pluginEnvironment } from "../../support/environment.js";
import { configurationOf } from "../../support/fluent_bit.js";
import { type Options, PLUGIN } from "../../support/plugin_host.js";
import { containerLog, pseudoRandom } from "../container_logs.js";
import { type Count, CountingKinesis } from "./counting_kinesis.js";

export interface Pace {
  readonly linesPerSecond: number;
  /** Flush of [SERVICE]. */
  readonly flushSeconds: number;
  readonly seconds: number;
}

const stepMs = 100;
const parser = `[PARSER]\n    Name json\n    Format json\n`;
/** Time for delivery after the end of the load, in addition to one more Flush. */
const restMs = 3000;

/** Returns the counts of each output by its name. Throws when Fluent Bit fails, or a record is missing. */
export async function underLoad(fluentBit: string, pace: Pace, outputs: Readonly<Record<string, Options>>): Promise<Map<string, Count>> {
  const folder = mkdtempSync(path.join(tmpdir(), "tuning-"));
  const kinesis = await CountingKinesis.start();
  const log = path.join(folder, "records.log");
  writeFileSync(log, "");
  writeFileSync(path.join(folder, "parsers.conf"), parser);
  const sections = Object.entries(outputs).map(([stream, options]) => ({
    name: "kinesis",
    properties: { region: "us-west-2", stream, endpoint: kinesis.endpoint, Retry_Limit: "no_limits", ...options },
  }));
  const file = path.join(folder, "fluent-bit.conf");
  const tail = { path: log, parser: "json", Refresh_Interval: "1", Mem_Buf_Limit: "64M" };
  writeFileSync(file, configurationOf({
    inputs: [{ name: "tail", properties: tail }],
    outputs: sections,
    flush: String(pace.flushSeconds),
    service: { parsers_file: path.join(folder, "parsers.conf"), log_level: "warn" },
  }));
  const child = new Child(fluentBit, ["-e", PLUGIN, "-c", file], { env: pluginEnvironment() });
  try {
    await sleep(restMs);
    await writeEvenly(log, pace);
    await sleep(pace.flushSeconds * 1000 + restMs);
    if (child.hasEnded) throw new Error(`Fluent Bit ended:\n${child.output}`);
    const lines = pace.linesPerSecond * pace.seconds;
    return new Map(Object.entries(outputs).map(([stream, options]) => {
      const count = kinesis.of(stream);
      if (!("aggregation" in options) && count.entries !== lines) throw new Error(`${stream}: ${count.entries} records came of ${lines}`);
      return [stream, count];
    }));
  } finally {
    await child.destroy();
    await kinesis.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function writeEvenly(file: string, { linesPerSecond, seconds }: Pace): Promise<void> {
  const random = pseudoRandom(7);
  const descriptor = openSync(file, "a");
  const startedMs = performance.now();
  const all = linesPerSecond * seconds;
  for (let written = 0; written < all; ) {
    const due = Math.min(all, Math.floor(((performance.now() - startedMs) / 1000) * linesPerSecond));
    const lines = Array.from({ length: due - written }, () => `${JSON.stringify(containerLog(random))}\n`);
    writeSync(descriptor, lines.join(""));
    written = due;
    await sleep(stepMs);
  }
  closeSync(descriptor);
}
