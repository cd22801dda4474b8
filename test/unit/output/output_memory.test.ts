// A chunk that Fluent Bit retries: only its unsent records are sent, in every format.
import { describe, expect, it } from "vitest";
import { chunkOf } from "../../support/event_chunk.js";
import { JumpingClock } from "../../support/fake_clock.js";
import { allTextsIn, textsIn } from "../../support/received_events.js";
import { failedAt, requestFailed, type Step } from "../../support/scripted_client.js";
import { scriptedInstance, type InstanceSetting } from "../../support/scripted_instance.js";

/** A permanent failure: it ends the flush, without a further round. */
const denied = requestFailed("AccessDeniedException", "setup");
const letters = ["a", "b", "c", "d", "e"];
const bodies = letters.map((log) => ({ log }));
const chunk = chunkOf(bodies);
const raw = { log_key: "log" };

/** The texts of each request. */
function requestsOf({ client }: ReturnType<typeof scriptedInstance>): string[][] {
  return client.requests.map(allTextsIn);
}

/** Returns an instance whose first flush delivers all entries except these, and then fails permanently. */
function failing(places: readonly number[], setting: InstanceSetting = {}) {
  return scriptedInstance({ ...setting, script: [failedAt(...places), denied, ...(setting.script ?? [])] });
}

describe("a retried chunk", () => {
  it("sends only its unsent records", async () => {
    const run = failing([1, 3], { options: raw });
    expect(await run.flush(chunk, "tag")).toBe("retry");
    expect(await run.flush(chunk, "tag")).toBe("ok");
    expect(requestsOf(run)).toEqual([letters, ["b", "d"], ["b", "d"]]);
  });

  it("is forgotten after its delivery: a third flush sends it whole", async () => {
    const run = failing([1, 3], { options: raw });
    for (let count = 0; count < 3; count++) await run.flush(chunk, "tag");
    expect(requestsOf(run).at(-1)).toEqual(letters);
  });

  it.each(["gzip", "zlib"])("sends its unsent records compressed with %s", async (compression) => {
    const run = failing([0, 4], { options: { ...raw, compression } });
    expect(await run.flush(chunk, "tag")).toBe("retry");
    expect(await run.flush(chunk, "tag")).toBe("ok");
    expect(requestsOf(run).at(-1)).toEqual(["a", "e"]);
    expect(run.client.requests.at(-1)?.[0]?.data[0]).toBeGreaterThan(0x0f);
  });

  it("keeps the partition keys of its unsent records", async () => {
    const run = failing([1, 3], { options: { partition_key: "k" } });
    const keyed = chunkOf(letters.map((log, n) => ({ log, k: `key ${n}` })));
    await run.flush(keyed, "tag");
    expect(await run.flush(keyed, "tag")).toBe("ok");
    expect(run.client.requests.at(-1)?.map(({ partitionKey }) => partitionKey)).toEqual(["key 1", "key 3"]);
  });

  it("sends only the records of the request that failed", async () => {
    const run = scriptedInstance({ options: raw, script: [{ kind: "answered", failed: [], strayed: 0 }, denied] });
    const many = chunkOf(Array.from({ length: 700 }, (_, n) => ({ log: `${n}` })));
    expect(await run.flush(many, "tag")).toBe("retry");
    expect(await run.flush(many, "tag")).toBe("ok");
    expect(requestsOf(run).at(-1)).toEqual(Array.from({ length: 200 }, (_, n) => `${500 + n}`));
  });

  it("aggregates its unsent records anew", async () => {
    const options = { ...raw, aggregation: "true", aggregation_maximum_record_size: "1024" };
    const long = letters.map((letter) => letter.repeat(450));
    const run = failing([0, 2], { options });
    const lines = chunkOf(long.map((log) => ({ log })));
    expect(await run.flush(lines, "tag")).toBe("retry");
    expect(run.client.requests[0]?.map(textsIn)).toEqual([long.slice(0, 2), long.slice(2, 4), long.slice(4)]);
    expect(await run.flush(lines, "tag")).toBe("ok");
    expect(run.client.requests[2]?.map(textsIn)).toEqual([long.slice(0, 2), long.slice(4)]);
  });

  it("sends only its unsent records, also with other chunks in between", async () => {
    const run = scriptedInstance({ options: raw, script: [failedAt(1), denied, failedAt(0), denied] });
    const other = chunkOf([{ log: "x" }, { log: "y" }]);
    const third = chunkOf([{ log: "z" }]);
    const flushes = [chunk, other, third, chunk, other].map((one) => async () => run.flush(one, "tag"));
    const replies: string[] = [];
    for (const flush of flushes) replies.push(await flush());
    expect(replies).toEqual(["retry", "retry", "ok", "ok", "ok"]);
    expect(requestsOf(run)).toEqual([letters, ["b"], ["x", "y"], ["x"], ["z"], ["b"], ["x"]]);
  });

  it("after two partial failures sends only the records left by both", async () => {
    const run = failing([0, 1, 3], { options: raw, script: [failedAt(0, 2), denied] });
    for (const reply of ["retry", "retry", "ok"]) expect(await run.flush(chunk, "tag")).toBe(reply);
    expect(requestsOf(run).filter((_, request) => request % 2 === 0)).toEqual([letters, ["a", "b", "d"], ["a", "d"]]);
  });

  it("after a partial failure and complete failures still sends only its unsent records", async () => {
    const run = failing([2], { options: raw, script: [denied, denied] });
    for (const reply of ["retry", "retry", "retry", "ok"]) expect(await run.flush(chunk, "tag")).toBe(reply);
    expect(requestsOf(run).slice(2)).toEqual([["c"], ["c"], ["c"]]);
  });

  it("with another tag counts as another chunk", async () => {
    const run = failing([2], { options: raw });
    await run.flush(chunk, "one");
    expect(await run.flush(chunk, "two")).toBe("ok");
    expect(await run.flush(chunk, "one")).toBe("ok");
    expect(requestsOf(run).slice(2)).toEqual([letters, ["c"]]);
  });
});

describe("an output remembers and hashes nothing", () => {
  it("when its chunks are delivered", async () => {
    const { flush, digests } = scriptedInstance({ options: raw });
    for (let count = 0; count < 5; count++) await flush(chunk, "tag");
    expect(digests()).toBe(0);
  });

  it("when nothing of a chunk is delivered", async () => {
    const run = scriptedInstance({ options: raw, script: [denied] });
    expect(await run.flush(chunk, "tag")).toBe("retry");
    expect(await run.flush(chunk, "tag")).toBe("ok");
    expect(requestsOf(run)).toEqual([letters, letters]);
    expect(run.digests()).toBe(0);
  });

  it("when the chunk's memory is detached during the flush", async () => {
    const detached = Uint8Array.from(chunk);
    const taking: Step = () => {
      structuredClone(detached.buffer, { transfer: [detached.buffer] });
      return failedAt(1);
    };
    const run = scriptedInstance({ options: raw, script: [taking, denied] });
    expect(await run.flush(detached, "tag")).toBe("retry");
    expect(detached).toHaveLength(0);
    expect(run.digests()).toBe(0);
  });
});

describe("the messages about a retried chunk", () => {
  const odd = chunkOf([{ log: "a" }, { other: 1 }, { log: "b" }, { other: 2 }]);

  it("do not repeat its dropped records and malformed events", async () => {
    const clock = new JumpingClock();
    const run = failing([1], { options: raw, clock });
    const broken = Buffer.concat([odd, Buffer.from([0x01])]);
    await run.flush(broken, "tag");
    const errors = () => run.log.at("error").filter((text) => text.includes("log_key"));
    const warnings = () => run.log.at("warning").filter((text) => text.includes("malformed events"));
    expect([errors().length, warnings().length]).toEqual([1, 1]);
    clock.nowMs += 120_000;
    expect(await run.flush(broken, "tag")).toBe("ok");
    expect([errors().length, warnings().length]).toEqual([1, 1]);
    expect(requestsOf(run).at(-1)).toEqual(["b"]);
  });

  it("do not repeat a refused record, and the record is not sent again", async () => {
    const poison = requestFailed("InvalidArgumentException", "content");
    const single = chunkOf([{ log: "a" }, { log: "b" }]);
    // Both together, "a" alone, "b" alone; so nothing was delivered.
    const run = scriptedInstance({ options: raw, script: [poison, poison, denied] });
    expect(await run.flush(single, "tag")).toBe("retry");
    expect(await run.flush(single, "tag")).toBe("ok");
    expect(requestsOf(run)).toEqual([["a", "b"], ["a"], ["b"], ["b"]]);
    expect(run.log.at("error").filter((text) => text.includes("InvalidArgumentException"))).toHaveLength(1);
  });

  it("do not count delivered records as failed", async () => {
    const run = failing([1, 3], { options: raw, script: [requestFailed("ExpiredTokenException", "setup")] });
    await run.flush(chunk, "tag");
    await run.flush(chunk, "tag");
    expect(run.log.at("error")[0]).toContain("2/5 records failed");
    expect(run.log.at("debug").join("\n")).toContain("2/2 records failed");
  });
});
