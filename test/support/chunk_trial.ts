// Runs a chunk through pipelines with several options, and checks invariants and costs.
import { createHash } from "node:crypto";
import type { ByteSink } from "../../src/bytes/byte_sink.js";
import type { EntryTable, EntryView } from "../../src/pack/entry_table.js";
import type { Pipeline, PipelineDependencies } from "../../src/pack/slices.js";
import { packAll } from "./all_entries.js";
import { countAllocations } from "./counted_allocations.js";
import { chunkOf } from "./event_chunk.js";
import type { CostMeter } from "./execution_cost.js";
import type { PluginOptions } from "./recorded_pipeline.js";
import { allViewsOf, keyBytesOf } from "./entry.js";

/**
 * Together they use every part of the pipeline except metadata_key, which writes a group's shared metadata for each of its events:
 * its cost is not in proportion to the chunk. `property/decoder.property.test.ts` covers it.
 */
export const trialOptions: readonly PluginOptions[] = [
  {},
  { time_key: "time", time_key_format: "%c %V %j %s %L %z %Z", append_newline: "true", max_record_size: "4096" },
  { partition_key: "a->b", data_keys: "a,b,log,value", replace_dots: "--" },
  { partition_key: "$a['b'][0]-$TAG, a.b", log_key: "log", tag_key: "log.tag", except_keys: "value", compression: "zlib", max_record_size: "4096" },
  { log_key: "a_b", replace_dots: "_", append_newline: "true", time_key: "a_b" },
  { partition_key: "a", aggregation: "true", aggregation_maximum_record_size: "2048", skip_aggregation_record_size: "1000" },
];

/** Maximum steps per byte of a chunk with all options together: the worst are one-byte entries of maps, and events of three bytes. */
const stepsPerByte = 400;
/** Steps allowed for any chunk, including those of the good chunk that ran last. */
const stepsAnyway = 60_000;
/**
 * JSON makes at most 14 bytes of one byte (`{"Tag":1,"Data":"","Value":null},` of three); text first reserves 6 per byte;
 * doubling allocates up to four times the last size in total. 4096 is a cut record's room in addition.
 */
const allocatedPerByte = 64;
const allocatedAnyway = 512 * 1024;

const goodChunk = chunkOf([
  { log: "one", a: { b: "key" }, "a.b": 1, value: [1, "two", null] },
  { log: "two", a: "key", value: { nested: { deeper: 1.5 } } },
  { log: "x".repeat(3000), a_b: "under", a: 12 },
]);

export interface TrialCost {
  readonly stepsPerByte: number;
  readonly allocatedPerByte: number;
  readonly traces: readonly number[];
}

/** Loads the core, which must be watched by then. */
function loadCore() {
  return Promise.all([
    import("../../src/pack/slices.js"),
    import("./recorded_pipeline.js"),
    import("../../src/pack/compression.js"),
    import("../../src/pack/shard_map.js"),
    import("../../src/bytes/byte_sink.js"),
    import("../../src/pack/entry_table.js"),
  ]);
}

export class ChunkTrial {
  readonly #meter: CostMeter;
  readonly #lanes: readonly { readonly options: PluginOptions; readonly run: (chunk: Uint8Array) => EntryTable; readonly good: string }[];

  private constructor(meter: CostMeter, [{ Pipeline }, { configOf }, { compressorFor }, { ShardMap }, { ByteSink }, { EntryTable }]: Awaited<ReturnType<typeof loadCore>>) {
    this.#meter = meter;
    const half = 2n ** 127n;
    const shards = new ShardMap([
      { id: "shard-0", startingHashKey: 0n, endingHashKey: half - 1n },
      { id: "shard-1", startingHashKey: half, endingHashKey: 2n * half - 1n },
    ]);
    const dependencies: Omit<PipelineDependencies, "compress"> = {
      random: () => 0,
      md5: (bytes) => createHash("md5").update(bytes).digest(),
      // Ignores all reports.
      report: new Proxy({}, { get: () => () => undefined }) as PipelineDependencies["report"],
    };
    this.#lanes = trialOptions.map((options) => {
      const config = configOf(options);
      const compress = config.compression === undefined ? undefined : compressorFor(config.compression);
      const create = () => new Pipeline(config, { ...dependencies, compress });
      const pipeline = create();
      const packed = (pipeline: Pipeline, chunk: Uint8Array, sink: ByteSink) => {
        const table = new EntryTable(sink);
        packAll(pipeline, chunk, table, shards);
        return table;
      };
      const run = (chunk: Uint8Array) => packed(pipeline, chunk, new ByteSink(chunk.length + (chunk.length >>> 2)));
      return { options, run, good: textOf(packed(create(), goodChunk, new ByteSink())) };
    });
  }

  /** Loads the core; the meter must be running by then. */
  static async create(meter: CostMeter): Promise<ChunkTrial> {
    return new ChunkTrial(meter, await loadCore());
  }

  /** Runs the chunk with each of {@link trialOptions}. @throws Error with the broken invariant */
  run(chunk: Uint8Array): TrialCost {
    let allocated = 0;
    for (const { options, run } of this.#lanes) {
      const { result: table, bytes } = countAllocations(() => run(chunk));
      const allowed = allocatedAnyway + allocatedPerByte * chunk.length;
      if (bytes > allowed) throw failure(`${bytes} bytes allocated for ${chunk.length}, over ${allowed}`, options);
      allocated = Math.max(allocated, bytes);
      for (const entry of allViewsOf(table)) checkEntry(entry, options);
    }
    const { steps, traces } = this.#meter.take();
    const allowed = stepsAnyway + stepsPerByte * chunk.length;
    if (steps > allowed) throw new Error(`${steps} steps for ${chunk.length} bytes, over ${allowed}`);
    for (const { options, run, good } of this.#lanes) {
      if (textOf(run(goodChunk)) !== good) throw failure("a good chunk comes out differently afterwards", options);
    }
    return { stepsPerByte: steps / (chunk.length + 1), allocatedPerByte: allocated / (chunk.length + 1), traces };
  }
}

function failure(what: string, options: PluginOptions): Error {
  return new Error(`${what}, with ${JSON.stringify(options)}`);
}

function checkEntry({ data, partitionKey, sizeBytes }: EntryView, options: PluginOptions): void {
  if (data.length === 0 || partitionKey === "") throw failure("an empty record or key", options);
  if (Array.from(partitionKey ?? "").length > 256) throw failure("a partition key that is too long", options);
  if (sizeBytes !== data.length + keyBytesOf(partitionKey)) throw failure("a wrong size", options);
  if (sizeBytes > Number(options["max_record_size"] ?? 1024 * 1024)) throw failure(`a record of ${sizeBytes} bytes`, options);
  const isJson = options["log_key"] === undefined && options["aggregation"] === undefined;
  if (!isJson || Buffer.from(data.subarray(-16)).includes("[Truncated...]")) return;
  try {
    JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(data));
  } catch (error) {
    throw new Error(failure("a record that is not JSON", options).message, { cause: error });
  }
}

function textOf(table: EntryTable): string {
  return JSON.stringify(allViewsOf(table).map(({ data, partitionKey }) => [Buffer.from(data).toString("latin1"), partitionKey]));
}
