// Tests aggregation by the stream's shards, as a Kinesis Client Library consumer sees it, also after shards were split,
// merged, or could not be listed.
import { describe, expect, it, vi } from "vitest";
import { consume } from "../support/client_library.js";
import { ShardedOutput, shardsOf } from "../support/sharded_output.js";
import { useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const streams = useStreams();
/** The list is reloaded at most once per second. */
const pauseMs = 1200;
const pause = () => new Promise((resolve) => setTimeout(resolve, pauseMs));

describe("with a list of the shards", () => {
  it("each key stays in its own shard and in order, over many flushes, and no record is dropped", async () => {
    const running = await ShardedOutput.start(streams, 5);
    for (let count = 0; count < 4; count++) await running.send(500);
    const consumed = await running.consume();
    running.expectAll(consumed);
    await running.expectOwnShards(consumed);
    expect(shardsOf(consumed).size).toBe(5);
    expect(running.front.count("ListShards")).toBe(1);
    expect(await streams.kinesis.readAll(running.stream)).toHaveLength(4 * 5);
  });

  it("keys go to their new shards after a split: the flush that discovers it loses no records either", async () => {
    const running = await ShardedOutput.start(streams, 3);
    await running.send(300);
    await pause();
    await streams.kinesis.splitShard(running.stream, "shardId-000000000000");
    await running.send(300);
    expect(running.front.count("ListShards"), "before a flush has found it out").toBe(1);
    await running.untilAggregatedFor(4);
    const first = running.count;
    await running.send(300);
    const consumed = await running.consume();
    running.expectAll(consumed);
    await running.expectOwnShards(consumed, first);
    expect([...shardsOf(consumed, first)].sort()).toEqual([1, 2, 3, 4].map((n) => `shardId-00000000000${n}`));
    expect(running.front.count("ListShards")).toBeGreaterThan(1);
    expect(running.warnings).toEqual([]);
  });

  it("keys share the new shard's aggregate after a merge", async () => {
    const running = await ShardedOutput.start(streams, 3);
    await running.send(300);
    await pause();
    await streams.kinesis.mergeShards(running.stream, "shardId-000000000001", "shardId-000000000002");
    await running.send(300);
    expect(await running.aggregates(), "three, and three while the old list is believed").toBe(3 + 3);
    await running.untilAggregatedFor(2);
    await running.send(300);
    const consumed = await running.consume();
    running.expectAll(consumed);
    await running.expectOwnShards(consumed, 300);
    expect([...shardsOf(consumed, 300)].sort()).toEqual(["shardId-000000000000", "shardId-000000000003"]);
  });
});

describe("without permission to list the shards", () => {
  it("no record is dropped, also after a split, and one warning names the missing permission", async () => {
    const running = await ShardedOutput.start(streams, 3, ["ListShards"]);
    for (let count = 0; count < 2; count++) await running.send(300);
    await streams.kinesis.splitShard(running.stream, "shardId-000000000000");
    for (let count = 0; count < 2; count++) await running.send(300);
    running.expectAll(await running.consume());
    expect(running.front.count("ListShards"), "once a minute").toBe(1);
    expect(running.warnings).toHaveLength(1);
    expect(running.warnings[0]).toContain("not authorized to perform kinesis:ListShards");
    expect(running.warnings[0]).toContain("allow kinesis:ListShards");
  });

  it("which was removed later, the old list is still used and no record is dropped", async () => {
    const running = await ShardedOutput.start(streams, 3);
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

it("the test's own check drops an aggregate in a foreign shard", async () => {
  const running = await ShardedOutput.start(streams, 2);
  await running.send(100);
  const received = await streams.kinesis.readAll(running.stream);
  const ranges = await streams.kinesis.shardRanges(running.stream);
  const [first, second] = [...ranges.keys()] as [string, string];
  const swapped = received.map((record) => ({ ...record, shardId: record.shardId === first ? second : first }));
  expect(consume(swapped, ranges)).toEqual({ records: [], dropped: 100 });
});
