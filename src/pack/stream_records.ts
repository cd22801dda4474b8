/** Gathers the user records of a slice by stream, until each stream's shards are known and its records can be aggregated. */
import { Aggregator, type AggregationLimits, type AggregatorDependencies } from "./aggregator.js";
import { NumberColumn } from "./columns.js";
import type { ShardMap } from "./shard_map.js";

/** The records of one stream, in columns: an object for each record would cost more than copying the record. */
interface Gathered {
  /** {@link numbersPerRecord} for each record: its start and end in the sink, and its event. */
  readonly numbers: NumberColumn;
  readonly partitionKeys: (string | undefined)[];
}

const numbersPerRecord = 3;

/** The user records of one slice, by stream. */
export class StreamRecords {
  readonly #byStream = new Map<string | undefined, Gathered>();
  #latest: Gathered | undefined;
  #latestStream: string | undefined;

  /** The streams that have records. */
  get streams(): readonly (string | undefined)[] {
    return [...this.#byStream.keys()];
  }

  /** Adds the record at the sink's bytes from `start` to `end`. @param stream undefined for the output's own */
  add(stream: string | undefined, start: number, end: number, partitionKey: string | undefined, event: number): void {
    const { numbers, partitionKeys } = this.#of(stream);
    numbers.push(start);
    numbers.push(end);
    numbers.push(event);
    partitionKeys.push(partitionKey);
  }

  /** Aggregates the records and appends the entries, stream by stream. @param shardMapOf returns undefined for a stream with unknown shards */
  aggregate(limits: AggregationLimits, dependencies: Omit<AggregatorDependencies, "stream" | "shardMap">, shardMapOf: (stream: string | undefined) => ShardMap | undefined): void {
    for (const [stream, { numbers: { numbers }, partitionKeys }] of this.#byStream) {
      const aggregator = new Aggregator(limits, { ...dependencies, stream, shardMap: shardMapOf(stream) });
      for (const [index, partitionKey] of partitionKeys.entries()) {
        const at = numbersPerRecord * index;
        aggregator.add(numbers[at] as number, numbers[at + 1] as number, partitionKey, numbers[at + 2] as number);
      }
      aggregator.close();
    }
  }

  #of(stream: string | undefined): Gathered {
    if (this.#latest !== undefined && stream === this.#latestStream) return this.#latest;
    const gathered = this.#byStream.get(stream) ?? { numbers: new NumberColumn(), partitionKeys: [] };
    this.#byStream.set(stream, gathered);
    this.#latest = gathered;
    this.#latestStream = stream;
    return gathered;
  }
}
