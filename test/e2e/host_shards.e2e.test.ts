// Aggregation by the stream's shards: what a consumer of Kinesis Client Library finds, also after shards were split,
// merged, or could not be listed.
import { describe, expect, it, vi } from "vitest";
import { consume, hashKeyOfPartitionKey, type Consumed, type ConsumedRecord } from "../support/client_library.js";
import { chunkOf } from "../support/event_chunk.js";
import type { FrontService } from "../support/front_service.js";
import { FLB_OK, type PluginHost } from "../support/plugin_host.js";
import { jsonOf, useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const streams = useStreams();
const keys = Array.from({ length: 40 }, (_, n) => `pod-${n}`);
const options = { aggregation: "true", partition_key: "key" };
/** Two reloads of the list are at least a second apart. */
const pauseMs = 1200;
const pause = () => new Promise((resolve) => setTimeout(resolve, pauseMs));

interface Body {
  readonly n: number;
  readonly key: string;
}

/** So many records, from this number on: all keys in turn. */
function bodiesFrom(first: number, count: number): Body[] {
  return Array.from({ length: count }, (_, index) => {
    const n = first + index;
    return { n, key: keys[(n * 7) % keys.length] as string };
  });
}

/** A running output, the stream that it sends to, and its consumer. */
class Running {
  readonly #sent: Body[] = [];

  private constructor(
    readonly stream: string,
    readonly host: PluginHost,
    readonly front: FrontService,
    private readonly instance: number,
  ) {}

  static async start(shards: number, refused: readonly string[] = []): Promise<Running> {
    const stream = await streams.newStream(shards);
    const front = await streams.front();
    for (const action of refused) front.refused.add(action);
    const host = await streams.host();
    const instance = await host.open(streams.options(stream, { ...options, endpoint: front.endpoint }));
    return new Running(stream, host, front, instance);
  }

  /** Sends so many further records with one flush. */
  async send(count: number): Promise<void> {
    const bodies = bodiesFrom(this.#sent.length, count);
    expect(await this.host.flush(this.instance, chunkOf(bodies))).toBe(FLB_OK);
    this.#sent.push(...bodies);
  }

  async consume(): Promise<Consumed> {
    return consume(await streams.kinesis.readAll(this.stream), await streams.kinesis.shardRanges(this.stream));
  }

  /** Everything that was sent is found once, whatever the shard. */
  expectAll({ records, dropped }: Consumed): void {
    expect(dropped).toBe(0);
    const found = records.map((record) => jsonOf(record) as unknown as Body).sort((a, b) => a.n - b.n);
    expect(found).toEqual(this.#sent);
    for (const record of records) expect(jsonOf(record)["key"]).toBe(record.partitionKey);
  }

  /** Records from this number on are in order by key, and lie where Kinesis puts their own keys. */
  async expectOwnShards({ records }: Consumed, first = 0): Promise<void> {
    const late = records.filter((record) => numberOf(record) >= first);
    const ranges = await streams.kinesis.shardRanges(this.stream);
    for (const { shardId, partitionKey } of late) {
      const range = ranges.get(shardId);
      const hashKey = hashKeyOfPartitionKey(partitionKey);
      expect(range !== undefined && hashKey >= range.first && hashKey <= range.last, partitionKey).toBe(true);
    }
    expect(late.length).toBe(this.#sent.length - first);
    for (const numbers of numbersByKey(late).values()) expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  }

  get warnings(): string[] {
    return this.host.complaints.filter((line) => line.includes("ListShards"));
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

function shardsOf({ records }: Consumed, first = 0): Set<string> {
  return new Set(records.filter((record) => numberOf(record) >= first).map(({ shardId }) => shardId));
}

describe("with a list of the shards", () => {
  it("each key keeps to its own shard and in order, over many flushes, and nothing is dropped", async () => {
    const running = await Running.start(5);
    for (let count = 0; count < 4; count++) await running.send(500);
    const consumed = await running.consume();
    running.expectAll(consumed);
    await running.expectOwnShards(consumed);
    expect(shardsOf(consumed).size).toBe(5);
    expect(running.front.count("ListShards")).toBe(1);
    expect(await streams.kinesis.readAll(running.stream)).toHaveLength(4 * 5);
  });

  it("keys go to their new shards after a split: the flush that finds it out loses nothing either", async () => {
    const running = await Running.start(3);
    await running.send(300);
    await pause();
    await streams.kinesis.splitShard(running.stream, "shardId-000000000000");
    await running.send(300);
    await running.send(300);
    const consumed = await running.consume();
    running.expectAll(consumed);
    await running.expectOwnShards(consumed, 600);
    expect([...shardsOf(consumed, 600)].sort()).toEqual([1, 2, 3, 4].map((n) => `shardId-00000000000${n}`));
    expect(running.front.count("ListShards")).toBe(2);
    expect(running.warnings).toEqual([]);
  });

  it("keys share the new shard's aggregate after a merge", async () => {
    const running = await Running.start(3);
    await running.send(300);
    await pause();
    await streams.kinesis.mergeShards(running.stream, "shardId-000000000001", "shardId-000000000002");
    for (let count = 0; count < 2; count++) await running.send(300);
    const consumed = await running.consume();
    running.expectAll(consumed);
    await running.expectOwnShards(consumed, 300);
    expect([...shardsOf(consumed, 300)].sort()).toEqual(["shardId-000000000000", "shardId-000000000003"]);
    const aggregates = (await streams.kinesis.readAll(running.stream)).length;
    expect(aggregates, "three, three while the old list was believed, then two").toBe(3 + 3 + 2);
  });
});

describe("without permission to list the shards", () => {
  it("nothing is dropped, also after a split, and one warning says what is missing", async () => {
    const running = await Running.start(3, ["ListShards"]);
    for (let count = 0; count < 2; count++) await running.send(300);
    await streams.kinesis.splitShard(running.stream, "shardId-000000000000");
    for (let count = 0; count < 2; count++) await running.send(300);
    running.expectAll(await running.consume());
    expect(running.front.count("ListShards"), "once a minute").toBe(1);
    expect(running.warnings).toHaveLength(1);
    expect(running.warnings[0]).toContain("not authorized to perform kinesis:ListShards");
    expect(running.warnings[0]).toContain("allow kinesis:ListShards");
  });

  it("that was taken away later, the old list is used on and nothing is dropped", async () => {
    const running = await Running.start(3);
    await running.send(300);
    await pause();
    running.front.refused.add("ListShards");
    await streams.kinesis.splitShard(running.stream, "shardId-000000000001");
    for (let count = 0; count < 3; count++) await running.send(300);
    running.expectAll(await running.consume());
    expect(running.front.count("ListShards")).toBe(2);
    expect(running.warnings).toEqual([]);
  });
});

it("the check itself drops an aggregate that lies in a foreign shard", async () => {
  const running = await Running.start(2);
  await running.send(100);
  const received = await streams.kinesis.readAll(running.stream);
  const ranges = await streams.kinesis.shardRanges(running.stream);
  const [first, second] = [...ranges.keys()] as [string, string];
  const swapped = received.map((record) => ({ ...record, shardId: record.shardId === first ? second : first }));
  expect(consume(swapped, ranges)).toEqual({ records: [], dropped: 100 });
});
