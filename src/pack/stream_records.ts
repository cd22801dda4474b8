/** Keeps the user records of a slice apart by stream, until the shards of each stream are known by which they are aggregated. */
import { Aggregator, type AggregationLimits, type AggregatorDependencies } from "./aggregator.js";
import { NumberColumn } from "./columns.js";
import type { ShardMap } from "./shard_map.js";

/** The records of one stream: an object for each would cost more than to copy what is in it. */
interface Gathered {
  /** {@link recordNumbers} for each record: where it starts and ends in the sink, and its event. */
  readonly numbers: NumberColumn;
  readonly partitionKeys: (string | undefined)[];
}

const recordNumbers = 3;

/** The user records of one slice. */
export class StreamRecords {
  readonly #byStream = new Map<string | undefined, Gathered>();
  #latest: Gathered | undefined;
  #latestStream: string | undefined;

  /** The streams that have records. */
  get streams(): readonly (string | undefined)[] {
    return [...this.#byStream.keys()];
  }

  /** Takes the record at the sink's bytes from `start` to `end`. @param stream undefined for the output's own */
  add(stream: string | undefined, start: number, end: number, partitionKey: string | undefined, event: number): void {
    const { numbers, partitionKeys } = this.#of(stream);
    numbers.push(start);
    numbers.push(end);
    numbers.push(event);
    partitionKeys.push(partitionKey);
  }

  /** Appends the entries of all streams, one stream after the other. @param shardMapOf returns undefined where a stream's shards are unknown */
  aggregate(limits: AggregationLimits, dependencies: Omit<AggregatorDependencies, "stream" | "shardMap">, shardMapOf: (stream: string | undefined) => ShardMap | undefined): void {
    for (const [stream, { numbers: { numbers }, partitionKeys }] of this.#byStream) {
      const aggregator = new Aggregator(limits, { ...dependencies, stream, shardMap: shardMapOf(stream) });
      for (const [index, partitionKey] of partitionKeys.entries()) {
        const at = recordNumbers * index;
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
