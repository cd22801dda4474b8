// Runs chunks through the pipeline that an instance with these options would have, and keeps the reports about records.
import { createHash } from "node:crypto";
import { compressorFor } from "../../src/pack/compression.js";
import { readConfig, type Config } from "../../src/options/config.js";
import { Pipeline, type PipelineDependencies } from "../../src/pack/slices.js";
import type { EntryView } from "../../src/pack/entry_table.js";
import { ByteSink } from "../../src/bytes/byte_sink.js";
import { allEntriesOf } from "./all_entries.js";

export type PluginOptions = Readonly<Record<string, string>>;

/** A report about a single record. */
export type Told = readonly [what: string, detail?: string | number];

export interface Run {
  readonly entries: readonly EntryView[];
  readonly told: readonly Told[];
}

const silent = { debug: () => undefined, info: () => undefined, warning: () => undefined, error: () => undefined };

/** Returns the checked options, with a stream and a region if they name none. */
export function configOf(options: PluginOptions): Config {
  const all: PluginOptions = { stream: "records", region: "us-west-2", ...options };
  return readConfig((key) => all[key], silent, () => "UTC");
}

/** Returns a pipeline and its reports. `replaced` replaces the random numbers or the compressor. */
export function pipelineOf(
  options: PluginOptions,
  replaced: Partial<Pick<PipelineDependencies, "random" | "compress">> = {},
): { readonly pipeline: Pipeline; readonly told: readonly Told[] } {
  const config = configOf(options);
  const told: Told[] = [];
  const pipeline = new Pipeline(config, {
    random: Math.random,
    md5: (bytes) => createHash("md5").update(bytes).digest(),
    compress: config.compression === undefined ? undefined : compressorFor(config.compression),
    report: {
      broken: (count) => count > 0 && told.push(["broken", count]),
      refused: (reason) => told.push(["refused", reason]),
      truncated: (bytes) => told.push(["truncated", bytes]),
      tooLarge: (bytes) => told.push(["too large", bytes]),
      withoutStream: () => told.push(["without stream"]),
      withoutPartitionKey: () => told.push(["without partition key"]),
      compressed: () => undefined,
    },
    ...replaced,
  });
  return { pipeline, told };
}

/** Runs a whole chunk. See {@link pipelineOf}. */
export function runPipeline(
  options: PluginOptions,
  chunk: Uint8Array,
  replaced: Partial<Pick<PipelineDependencies, "random" | "compress">> = {},
  tag = "tag",
): Run {
  const { pipeline, told } = pipelineOf(options, replaced);
  return { entries: allEntriesOf(pipeline, chunk, new ByteSink(), undefined, tag), told };
}

/** Returns the records' data as text. */
export function textsOf(run: Run): string[] {
  return run.entries.map(({ data }) => Buffer.from(data).toString());
}
