// Tests that entries take about as much memory, besides their data, as EntryTable counts.
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { ByteSink } from "../../src/bytes/byte_sink.js";
import { cutBatches } from "../../src/pack/batches.js";
import { EntryTable } from "../../src/pack/entry_table.js";
import { chunkOf } from "../support/event_chunk.js";
import { pipelineOf, type PluginOptions } from "../support/recorded_pipeline.js";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const limits = { maxRecords: 500, maxBytes: 10 * 1024 * 1024 };
const sinkBytes = 1024 * 1024;
const copies = 8;

/** Time for V8's own threads to sweep the collected memory. */
const sweepingMs = 20;

async function usedBytes(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    collectGarbage();
    await sleep(sweepingMs);
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Returns the bytes per event that a slice of such events takes, and the bytes that are counted for it. */
async function bytesOfEvent(options: PluginOptions, events: number, bodyOf: (n: number) => object): Promise<[taken: number, counted: number]> {
  const chunk = chunkOf(Array.from({ length: events }, (_, n) => bodyOf(n)));
  const pack = () => {
    const table = new EntryTable(new ByteSink(sinkBytes));
    const entries = pipelineOf(options).pipeline.open(chunk, "tag").next(table);
    return { table, entries, batches: cutBatches(table, entries, limits) };
  };
  const { table } = pack();
  const before = await usedBytes();
  const kept = Array.from({ length: copies }, pack);
  const taken = ((await usedBytes()) - before) / copies - sinkBytes;
  expect(kept.map(({ table: { sink } }) => sink.capacity)).toEqual(kept.map(() => sinkBytes));
  return [taken / events, table.bytes / events];
}

it.each<[string, number, PluginOptions, (n: number) => object, number]>([
  ["an entry with a random key", 20_000, { log_key: "log" }, () => ({ log: "x" }), 50],
  ["an entry with a different key", 20_000, { log_key: "log", partition_key: "k" }, (n) => ({ log: "x", k: `key ${n}` }), 100],
  ["an event in an aggregate", 50_000, { log_key: "log", aggregation: "true" }, () => ({ log: "x" }), 5],
])("%s takes about as much memory as is counted for it, in a slice of %i", async (_, events, options, bodyOf, most) => {
  const [taken, counted] = await bytesOfEvent(options, events, bodyOf);
  expect(taken).toBeLessThan(1.1 * counted);
  expect(taken).toBeGreaterThan(counted / 2);
  expect(counted).toBeLessThan(most);
});
