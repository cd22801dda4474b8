// An output with aggregation by partition key and a stream of several shards: sends, consumes, and compares.
import { expect } from "vitest";
import { consume, hashKeyOfPartitionKey, type Consumed, type ConsumedRecord } from "./client_library.js";
import { chunkOf } from "./event_chunk.js";
import type { FrontService } from "./front_service.js";
import { FLB_OK, type PluginHost } from "./plugin_host.js";
import { jsonOf, type StreamFixture } from "./stream_fixture.js";

const keys = Array.from({ length: 40 }, (_, n) => `pod-${n}`);
const options = { aggregation: "true", partition_key: "key" };

interface Body {
  readonly n: number;
  readonly key: string;
}

/** Returns this many bodies, from this number on, with all keys in turn. */
function bodiesFrom(first: number, count: number): Body[] {
  return Array.from({ length: count }, (_, index) => {
    const n = first + index;
    return { n, key: keys[(n * 7) % keys.length] as string };
  });
}

/** A running output, its stream, and its consumer. */
export class ShardedOutput {
  readonly #sent: Body[] = [];

  private constructor(
    private readonly streams: StreamFixture,
    readonly stream: string,
    readonly host: PluginHost,
    readonly front: FrontService,
    private readonly instance: number,
  ) {}

  static async start(streams: StreamFixture, shards: number, refused: readonly string[] = []): Promise<ShardedOutput> {
    const stream = await streams.newStream(shards);
    const front = await streams.front();
    for (const action of refused) front.refused.add(action);
    const host = await streams.host();
    const instance = await host.open(streams.options(stream, { ...options, endpoint: front.endpoint }));
    return new ShardedOutput(streams, stream, host, front, instance);
  }

  /** Sends this many further records with one flush. */
  async send(count: number): Promise<void> {
    const bodies = bodiesFrom(this.#sent.length, count);
    expect(await this.host.flush(this.instance, chunkOf(bodies))).toBe(FLB_OK);
    this.#sent.push(...bodies);
  }

  /** Number of records sent so far. */
  get count(): number {
    return this.#sent.length;
  }

  /** Returns the number of aggregated records in the stream. */
  async aggregates(): Promise<number> {
    return (await this.streams.kinesis.readAll(this.stream)).length;
  }

  /** Sends small flushes until one is aggregated for this many shards: under load the newer list may come too late for some. */
  async untilAggregatedFor(shards: number): Promise<void> {
    for (let tries = 0; ; tries++) {
      const before = await this.aggregates();
      await this.send(keys.length);
      if ((await this.aggregates()) === before + shards) return;
      expect(tries, `flushes that were not aggregated for ${shards} shards`).toBeLessThan(100);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Returns what a consumer gets from the whole stream. */
  async consume(): Promise<Consumed> {
    return consume(await this.streams.kinesis.readAll(this.stream), await this.streams.kinesis.shardRanges(this.stream));
  }

  /** Expects each sent record once, in any shard. */
  expectAll({ records, dropped }: Consumed): void {
    expect(dropped).toBe(0);
    const found = records.map((record) => jsonOf(record) as unknown as Body).sort((a, b) => a.n - b.n);
    expect(found).toEqual(this.#sent);
    for (const record of records) expect(jsonOf(record)["key"]).toBe(record.partitionKey);
  }

  /** Expects records from this number on in order by key, each in the shard of its own key. */
  async expectOwnShards({ records }: Consumed, first = 0): Promise<void> {
    const late = records.filter((record) => numberOf(record) >= first);
    const ranges = await this.streams.kinesis.shardRanges(this.stream);
    for (const { shardId, partitionKey } of late) {
      const range = ranges.get(shardId);
      const hashKey = hashKeyOfPartitionKey(partitionKey);
      expect(range !== undefined && hashKey >= range.first && hashKey <= range.last, partitionKey).toBe(true);
    }
    expect(late.length).toBe(this.#sent.length - first);
    for (const numbers of numbersByKey(late).values()) expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  }

  get warnings(): string[] {
    return this.host.problems.filter((line) => line.includes("ListShards"));
  }
}

function numberOf(record: ConsumedRecord): number {
  return Number(jsonOf(record)["n"]);
}

function numbersByKey(records: readonly ConsumedRecord[]): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const record of records) {
    found.set(record.partitionKey, [...(found.get(record.partitionKey) ?? []), numberOf(record)]);
  }
  return found;
}

/** Returns the shards with records from this number on. */
export function shardsOf({ records }: Consumed, first = 0): Set<string> {
  return new Set(records.filter((record) => numberOf(record) >= first).map(({ shardId }) => shardId));
}
