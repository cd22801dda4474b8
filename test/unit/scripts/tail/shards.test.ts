/** Tests that a stream is followed over all its shards, splits and merges, at a rate that the service allows. */
import { describe, expect, it } from "vitest";
import type { Position } from "../../../../scripts/tail/position.js";
import { NoSuchShardError, StreamFollower } from "../../../../scripts/tail/shards.js";
import { HeldClock, settled } from "../../../support/fake_clock.js";
import { ScriptedStream, sdkError } from "../../../support/scripted_stream.js";

const trimHorizon: Position = { kind: "trim-horizon" };
const latest: Position = { kind: "latest" };

interface Run {
  readonly clock: HeldClock;
  readonly taken: string[];
  readonly reported: string[];
  readonly follower: StreamFollower;
  readonly end: Promise<void>;
  began: number | undefined;
}

function follow(api: ScriptedStream, from: Position, shardId?: string, take?: () => Promise<void>): Run {
  const clock = new HeldClock();
  const taken: string[] = [];
  const reported: string[] = [];
  const retryPolicy = { clock, report: (line: string) => void reported.push(line), maxTries: 4 };
  const follower = new StreamFollower({
    api,
    from,
    shardId,
    retryPolicy,
    startRetryPolicy: { ...retryPolicy, maxTries: 2 },
    take: async (id, records) => {
      taken.push(...records.map(({ data }) => `${id} ${Buffer.from(data).toString()}`));
      await take?.();
    },
    began: (shards) => (run.began = shards),
  });
  const end = follower.follow();
  end.catch(() => undefined);
  const run: Run = { clock, taken, reported, follower, end, began: undefined };
  return run;
}

function streamOf(...shards: string[]): ScriptedStream {
  const stream = new ScriptedStream();
  for (const shard of shards) stream.addShard(shard);
  return stream;
}

const readsOf = (stream: ScriptedStream, id: string): number => stream.calls.filter((call) => call === `${id} read`).length;

describe("following", () => {
  it("reads several shards in parallel, from their beginning, and continues with new records", async () => {
    const stream = streamOf("a", "b");
    stream.put("a", "1", "2");
    stream.put("b", "3");
    const run = follow(stream, trimHorizon);
    await settled();
    expect(run.began).toBe(2);
    expect(run.taken).toEqual(["a 1", "a 2", "b 3"]);
    stream.put("b", "4");
    await run.clock.advance(1000);
    expect(run.taken.at(-1)).toBe("b 4");
    expect(run.follower.shards).toBe(2);
  });

  it("begins with the latest only in the open shards", async () => {
    const stream = streamOf("a");
    stream.put("a", "old");
    stream.addShard("b", "a");
    stream.put("b", "old");
    const run = follow(stream, latest);
    await settled();
    stream.put("b", "new");
    await run.clock.advance(1000);
    expect(run.taken).toEqual(["b new"]);
    expect(run.began).toBe(1);
  });

  it("begins at a time", async () => {
    const stream = streamOf("a");
    stream.put("a", "1", "2", "3");
    const run = follow(stream, { kind: "time", time: new Date(2000) });
    await settled();
    expect(run.taken).toEqual(["a 2", "a 3"]);
  });

  it("continues in the children of a split shard, from their beginning, and reports it", async () => {
    const stream = streamOf("a");
    const run = follow(stream, latest);
    await settled();
    stream.put("a", "1");
    stream.addShard("b", "a");
    stream.addShard("c", "a");
    stream.put("b", "2");
    stream.put("c", "3");
    await run.clock.advance(1000);
    expect(run.taken).toEqual(["a 1", "b 2", "c 3"]);
    expect(run.reported).toEqual(["a is closed and was read to its end; it goes on in b, c"]);
    expect(run.follower.shards).toBe(3);
  });

  it("lists the shards when the end of one does not report its children", async () => {
    const stream = streamOf("a");
    stream.reportsChildren = false;
    const run = follow(stream, latest);
    await settled();
    stream.addShard("b", "a");
    stream.put("b", "1");
    await run.clock.advance(1000);
    expect(run.taken).toEqual(["b 1"]);
  });

  it("reads a merged shard once, after both of its parents", async () => {
    const stream = streamOf("a", "b");
    stream.pageRecords = 1;
    stream.put("a", "1");
    stream.put("b", "2", "3", "4");
    stream.addShard("c", "a", "b");
    stream.put("c", "5");
    const run = follow(stream, trimHorizon);
    await run.clock.advance(3000);
    expect(run.taken).toEqual(["a 1", "b 2", "b 3", "b 4", "c 5"]);
    expect(stream.calls.filter((call) => call === "c trim-horizon")).toHaveLength(1);
    expect(run.reported).toEqual([]);
  });

  it("reads grandchildren that are discovered on the way after all of their parents", async () => {
    const stream = streamOf("a");
    const run = follow(stream, latest);
    await settled();
    stream.pageRecords = 1;
    stream.addShard("b", "a");
    stream.addShard("c", "a");
    stream.put("b", "1");
    stream.put("c", "2", "3", "4");
    stream.addShard("d", "b", "c");
    stream.put("d", "5");
    await run.clock.advance(5000);
    expect(run.taken).toEqual(["b 1", "c 2", "c 3", "c 4", "d 5"]);
  });

  it.each([true, false])("reads a merged shard after a parent from a split that is reached later (children reported: %j)", async (reportsChildren) => {
    const stream = streamOf("a", "b");
    stream.reportsChildren = reportsChildren;
    const run = follow(stream, latest);
    await settled();
    stream.pageRecords = 1;
    stream.put("a", "1", "2", "3");
    stream.addShard("c", "a");
    stream.addShard("d", "a");
    stream.put("d", "4", "5");
    stream.addShard("e", "b", "d");
    stream.put("e", "6");
    await run.clock.advance(6000);
    expect(run.taken).toEqual(["a 1", "a 2", "a 3", "d 4", "d 5", "e 6"]);
    expect(stream.calls.filter((call) => call === "e trim-horizon")).toHaveLength(1);
  });

  it("begins with the latest after a long history of splits and merges", async () => {
    const stream = streamOf("s0");
    for (let merge = 1; merge <= 50; merge++) {
      stream.addShard(`a${merge}`, `s${merge - 1}`);
      stream.addShard(`b${merge}`, `s${merge - 1}`);
      stream.addShard(`s${merge}`, `a${merge}`, `b${merge}`);
    }
    const run = follow(stream, latest);
    await settled();
    stream.put("s50", "new");
    await run.clock.advance(1000);
    expect(run.taken).toEqual(["s50 new"]);
  });

  it("ends when no shard is left", async () => {
    const stream = streamOf("a");
    const run = follow(stream, trimHorizon, "a");
    await settled();
    stream.addShard("b", "a");
    await run.clock.advance(1000);
    await run.end;
    expect(run.reported).toEqual(["a is closed and was read to its end; it goes on in b"]);
  });

  it("one shard reads no other", async () => {
    const stream = streamOf("a", "b");
    stream.put("a", "1");
    stream.put("b", "2");
    const run = follow(stream, trimHorizon, "b");
    await run.clock.advance(2000);
    expect(run.taken).toEqual(["b 2"]);
    expect(readsOf(stream, "a")).toBe(0);
  });

  it("a missing shard fails with a list of the existing shards", async () => {
    const stream = streamOf("a");
    stream.addShard("b", "a");
    const run = follow(stream, latest, "x");
    await expect(run.end).rejects.toThrow(NoSuchShardError);
    await expect(run.end).rejects.toThrow("its shards are a (closed), b");
  });
});

describe("the rate of reads", () => {
  it("is one per second for a shard without new records, and below five otherwise", async () => {
    const stream = streamOf("idle", "busy");
    stream.pageRecords = 1;
    stream.put("busy", ...Array.from({ length: 100 }, String));
    const run = follow(stream, trimHorizon);
    await run.clock.advance(9999);
    expect(readsOf(stream, "idle")).toBe(10);
    expect(readsOf(stream, "busy")).toBe(40);
  });

  it("does not drop when empty responses come before the latest records, as after a long silence", async () => {
    const stream = streamOf("a");
    stream.millisBehind = 1;
    const run = follow(stream, trimHorizon);
    await run.clock.advance(999);
    expect(readsOf(stream, "a")).toBe(4);
  });

  it("does not drop with a slow output: time spent printing counts as pause", async () => {
    const stream = streamOf("a");
    stream.pageRecords = 1;
    stream.put("a", "1", "2", "3");
    const run: Run = follow(stream, trimHorizon, undefined, () => run.clock.sleep(400));
    await run.clock.advance(801);
    expect(run.taken).toEqual(["a 1", "a 2", "a 3"]);
  });
});

describe("failures", () => {
  it("by throttling are retried without limit, and reported once", async () => {
    const stream = streamOf("a");
    stream.put("a", "1");
    stream.readFailures.push(...Array.from({ length: 10 }, () => sdkError("ProvisionedThroughputExceededException")));
    const run = follow(stream, trimHorizon);
    await run.clock.advance(60_000);
    expect(run.taken).toEqual(["a 1"]);
    expect(run.reported).toEqual(["reading a failed 3 times (ProvisionedThroughputExceededException); retrying"]);
    expect(run.clock.slept.slice(0, 6)).toEqual([250, 500, 1000, 2000, 4000, 5000]);
  });

  it.each([[3, 1], [4, 0]])("of the service, %i in a row, let %i record arrive", async (failures, arrived) => {
    const stream = streamOf("a");
    stream.put("a", "1");
    stream.readFailures.push(...Array.from({ length: failures }, () => sdkError("InternalFailureException", 500)));
    const run = follow(stream, trimHorizon);
    await run.clock.advance(60_000);
    expect(run.taken).toHaveLength(arrived);
    if (arrived === 0) await expect(run.end).rejects.toThrow("InternalFailureException");
  });

  it("at the start are reported sooner", async () => {
    const stream = streamOf("a");
    stream.listFailures.push(sdkError("InternalFailureException", 500), sdkError("InternalFailureException", 500));
    const run = follow(stream, latest);
    await run.clock.advance(1000);
    await expect(run.end).rejects.toThrow("InternalFailureException");
  });

  it("that are permanent end the reading immediately", async () => {
    const stream = streamOf("a");
    stream.readFailures.push(sdkError("AccessDeniedException"));
    await expect(follow(stream, latest).end).rejects.toThrow("AccessDeniedException");
    expect(readsOf(stream, "a")).toBe(1);
  });

  it("of an expired iterator continue after the last record", async () => {
    const stream = streamOf("a");
    stream.put("a", "1", "2");
    const run = follow(stream, trimHorizon);
    await settled();
    stream.put("a", "3");
    stream.readFailures.push(sdkError("ExpiredIteratorException"));
    await run.clock.advance(2000);
    expect(run.taken).toEqual(["a 1", "a 2", "a 3"]);
    expect(stream.calls).toContain("a after2");
  });

  it("of an expired iterator before the first record skip no records in between", async () => {
    const stream = streamOf("a");
    const run = follow(stream, latest);
    await settled();
    stream.put("a", "new");
    stream.readFailures.push(sdkError("ExpiredIteratorException"));
    await run.clock.advance(2000);
    expect(run.taken).toEqual(["a new"]);
    expect(stream.calls.filter((call) => call === "a latest")).toHaveLength(1);
  });
});
