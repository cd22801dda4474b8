// Times the way from a chunk to entries with options that read records, against the reference over objects.
import { decodeMulti } from "@msgpack/msgpack";
import { EntryTable } from "../../../src/pack/entry_table.js";
import { Pipeline } from "../../../src/pack/slices.js";
import { packAll } from "../../support/all_entries.js";
import { configOf, type PluginOptions } from "../../support/recorded_pipeline.js";
import { type ReferenceBody, type ReferenceOptions, type ReferenceValue, shapeByReference } from "../../support/reference_shaper.js";
import { chunkOfLogs } from "../container_logs.js";
import { type Body, containerLogMix } from "../mixes/mixes.js";
import { type Case, mustEqual } from "../stage.js";
import { ByteSink } from "../../../src/bytes/byte_sink.js";
import { allViewsOf } from "../../support/entry.js";

const records = 5000;
/** Seconds since the epoch: a format that needs no time zone. */
const time = { time_key: "@time", time_key_format: "%s" };
const trials: Readonly<Record<string, PluginOptions>> = {
  "no options": {},
  "partition_key, nested": { partition_key: "kubernetes->pod_name" },
  "data_keys": { data_keys: "log,stream,kubernetes" },
  "log_key": { log_key: "log" },
  "replace_dots": { replace_dots: "_" },
  "time_key": time,
  "all but log_key": { ...time, partition_key: "kubernetes->pod_name", data_keys: "log,@time,kubernetes", replace_dots: "_" },
};
const silence = {
  broken: () => undefined,
  refused: () => undefined,
  truncated: () => undefined,
  tooLarge: () => undefined,
  withoutPartitionKey: () => undefined,
  withoutStream: () => undefined,
  compressed: () => undefined,
};

/** Returns a pipeline without aggregation and compression. */
export function plainPipeline(options: PluginOptions): Pipeline {
  const noMd5 = () => new Uint8Array(16);
  return new Pipeline(configOf(options), { random: Math.random, md5: noMd5, compress: undefined, report: silence });
}

function referenceOptions(options: PluginOptions): ReferenceOptions {
  return {
    partitionKeyPath: options["partition_key"]?.split("->") ?? [],
    dataKeys: options["data_keys"]?.split(","),
    logKey: options["log_key"],
    appendNewline: false,
    timeKey: options["time_key"],
    replaceDots: options["replace_dots"],
  };
}

function mapOf(value: unknown): ReferenceValue {
  if (Array.isArray(value)) return value.map(mapOf);
  if (value === null || typeof value !== "object") return value as ReferenceValue;
  return new Map(Object.entries(value).map(([key, item]) => [key, mapOf(item)]));
}

export function optionCases(): Case[] {
  const chunk = chunkOfLogs(containerLogMix.bodies(records));
  return Object.entries(trials).map(([name, options]) => {
    const pipeline = plainPipeline(options);
    const table = new EntryTable(new ByteSink());
    const ours = (): EntryTable => {
      table.clear();
      packAll(pipeline, chunk, table);
      return table;
    };
    const reference = referenceOptions(options);
    const objects = (): { readonly data: Uint8Array; readonly partitionKey: string | undefined }[] => {
      const events = Array.from(decodeMulti(chunk), (event, index) => ({ body: (event as [unknown, Body])[1], index }));
      return events.map(({ body, index }) => {
        const seconds = 1_700_000_000 + Math.floor(index / 100);
        const { text = "", partitionKey } = shapeByReference(mapOf(body) as ReferenceBody, { timeText: String(seconds), tag: "tag", metadata: new Map(), shared: undefined }, reference);
        return { data: Buffer.from(text), partitionKey };
      });
    };
    const wholeOf = (entries: readonly { readonly data: Uint8Array }[]) => Buffer.concat(entries.map(({ data }) => data));
    const keysOf = (entries: readonly { readonly partitionKey: string | undefined }[]) =>
      reference.partitionKeyPath.length === 0 ? "" : entries.map(({ partitionKey }) => partitionKey).join();
    mustEqual(wholeOf(allViewsOf(ours())), wholeOf(objects()), `records with ${name}`);
    mustEqual(keysOf(allViewsOf(ours())), keysOf(objects()), `partition keys with ${name}`);
    return {
      stage: "chunk to records, by options",
      name,
      records,
      bytes: chunk.length,
      ours: { name: "ours", run: ours },
      others: [{ name: "objects, step by step", run: objects }],
    };
  });
}
