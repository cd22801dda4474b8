// One output from chunk to answer, with a scripted client: what is answered, said, and done at the end.
import { describe, expect, it } from "vitest";
import { chunkOf } from "../support/event_chunk.js";
import { HeldClock, JumpingClock, settled } from "../support/fake_clock.js";
import { parseAggregate } from "../support/kpl_aggregate.js";
import { allTaken, failedAt, requestFailed, type ScriptedClient } from "../support/scripted_client.js";
import { scriptedInstance } from "../support/scripted_instance.js";

const chunk = chunkOf([{ log: "one" }, { log: "two" }, { log: "three" }]);
const refused = requestFailed("ECONNREFUSED", "transient");
const denied = requestFailed("AccessDeniedException", "setup");
const concurrent = { experimental_concurrency: "1", experimental_concurrency_retries: "1" };

function textsOf(client: ScriptedClient, request = 0): string[] {
  return (client.requests[request] ?? []).map(({ data }) => Buffer.from(data).toString());
}

describe("a flush", () => {
  it("is ok when all its records were taken", async () => {
    const { instance, client } = scriptedInstance({});
    expect(await instance.flush(chunk, "tag")).toBe("ok");
    expect(textsOf(client)).toEqual(['{"log":"one"}', '{"log":"two"}', '{"log":"three"}']);
  });

  it("tries again within itself what was not taken", async () => {
    const { instance, client } = scriptedInstance({ options: { log_key: "log" }, script: [failedAt(0, 2)] });
    expect(await instance.flush(chunk, "tag")).toBe("ok");
    expect(textsOf(client, 1)).toEqual(["one", "three"]);
  });

  it("is to be retried when the time is up, with one error for many flushes", async () => {
    const { instance, log } = scriptedInstance({ afterwards: refused });
    for (let count = 0; count < 3; count++) expect(await instance.flush(chunk, "tag")).toBe("retry");
    expect(log.at("error")).toHaveLength(1);
    expect(log.at("error")[0]).toContain("3/3 records failed to be delivered. Will retry. PutRecords failed with ECONNREFUSED");
  });

  it("of nothing is ok without a request", async () => {
    const { instance, client } = scriptedInstance({});
    expect(await instance.flush(new Uint8Array(0), "tag")).toBe("ok");
    expect(client.requests).toEqual([]);
  });

  it("tells its tag at debug", async () => {
    const { instance, log } = scriptedInstance({});
    await instance.flush(chunk, "my.tag");
    expect(log.at("debug")[0]).toBe("Flushing 3 entries with tag: my.tag");
  });

  it("sends nothing of the chunk's memory, which Fluent Bit takes back", async () => {
    const { instance, client } = scriptedInstance({ options: { log_key: "log" }, script: [failedAt(0, 1, 2)] });
    const memory = Uint8Array.from(chunk);
    const answered = instance.flush(memory, "tag");
    memory.fill(0);
    await answered;
    expect(textsOf(client, 1)).toEqual(["one", "two", "three"]);
  });
});

describe("in the background", () => {
  it("a flush is ok before anything was sent", async () => {
    const { instance, client } = scriptedInstance({ options: concurrent, script: [() => new Promise(() => undefined)] });
    expect(await instance.flush(chunk, "tag")).toBe("ok");
    expect(client.requests).toHaveLength(1);
  });

  it("aggregates that wait stay as they are while the next chunk is flushed", async () => {
    const options = { log_key: "log", experimental_concurrency: "2", experimental_concurrency_retries: "1", aggregation: "true" };
    const clock = new HeldClock();
    const { instance, client } = scriptedInstance({ options, script: [failedAt(0)], clock });
    await instance.flush(chunk, "tag");
    await instance.flush(chunkOf([{ log: "four" }, { log: "five" }, { log: "six" }]), "tag");
    await clock.advance(1000);
    const records = client.requests.map(([aggregate]) => parseAggregate(aggregate?.data ?? new Uint8Array()).records);
    expect(records.map((sent) => sent.map(({ data }) => Buffer.from(data).toString()))).toEqual([
      ["one", "two", "three"], ["four", "five", "six"], ["one", "two", "three"],
    ]);
  });

  it("records that wait stay as they are while the next chunk is flushed", async () => {
    const options = { log_key: "log", experimental_concurrency: "2", experimental_concurrency_retries: "1" };
    const clock = new HeldClock();
    const { instance, client } = scriptedInstance({ options, script: [failedAt(0, 1, 2)], clock });
    await instance.flush(chunk, "tag");
    await instance.flush(chunkOf([{ log: "four" }, { log: "five" }, { log: "six" }]), "tag");
    await clock.advance(1000);
    expect([0, 1, 2].map((request) => textsOf(client, request))).toEqual([
      ["one", "two", "three"], ["four", "five", "six"], ["one", "two", "three"],
    ]);
  });

  it("a flush at the limit is to be retried, and sends nothing", async () => {
    const { instance, client, log } = scriptedInstance({ options: concurrent, script: [() => new Promise(() => undefined)] });
    await instance.flush(chunk, "tag");
    expect(await instance.flush(chunk, "tag")).toBe("retry");
    expect(client.requests).toHaveLength(1);
    expect(log.at("info")).toEqual(["flush returning retry, concurrency limit reached (1)"]);
  });

  it("a chunk is attempted once per back-off of its own, then dropped with a message", async () => {
    const clock = new HeldClock();
    const { instance, client, log } = scriptedInstance({ options: concurrent, afterwards: failedAt(0), clock });
    await instance.flush(chunk, "tag");
    await clock.advance(199);
    expect(client.requests).toHaveLength(1);
    await clock.advance(1);
    await settled();
    expect(client.requests).toHaveLength(2);
    expect(clock.slept).toEqual([200]);
    expect(log.at("error")).toContain("Failed to send (1) records after retries 1; they are lost");
  });
});

describe("a record that Kinesis refuses", () => {
  const refuses = requestFailed("ValidationException", "content");

  it("is dropped with a message, and the flush is ok", async () => {
    const { instance, client, log } = scriptedInstance({ script: [refuses, refuses] });
    expect(await instance.flush(chunk, "tag")).toBe("ok");
    expect(client.requests.map(({ length }) => length)).toEqual([3, 1, 2]);
    expect(log.at("error")).toEqual([expect.stringMatching(/^A record of 13 bytes .* is dropped, since Kinesis refuses it/)]);
  });

  it("is not sent again with the rest of its chunk", async () => {
    const { instance, client } = scriptedInstance({ script: [refuses, refuses, denied] });
    expect(await instance.flush(chunk, "tag")).toBe("retry");
    expect(await instance.flush(chunk, "tag")).toBe("ok");
    expect(textsOf(client, 3)).toEqual(['{"log":"two"}', '{"log":"three"}']);
  });
});

describe("retry_timeout", () => {
  it.each([
    ["0", 1],
    // Waits of 50, 100, 200 and 400 ms; 500 more would be too many.
    ["1", 5],
  ])("of %s s makes %i requests for a chunk that is not taken", async (seconds, requests) => {
    const { instance, client } = scriptedInstance({ options: { retry_timeout: seconds }, afterwards: refused });
    expect(await instance.flush(chunk, "tag")).toBe("retry");
    expect(client.requests).toHaveLength(requests);
  });
});

describe("close", () => {
  it("closes the client", async () => {
    const { instance, client } = scriptedInstance({});
    await instance.close();
    expect(client.closed).toBe(1);
  });

  it("waits for what is sent in the background, and closes the client then", async () => {
    let finish = (): void => undefined;
    const slow = () => new Promise<typeof allTaken>((resolve) => (finish = () => resolve(allTaken)));
    const { instance, client, log } = scriptedInstance({ options: concurrent, script: [slow], clock: new HeldClock() });
    await instance.flush(chunk, "tag");
    const closing = instance.close();
    await settled();
    expect(client.closed).toBe(0);
    finish();
    await closing;
    expect(client.closed).toBe(1);
    expect(log.at("error")).toEqual([]);
  });

  it("gives up in time, and tells what is lost", async () => {
    const clock = new HeldClock();
    const { instance, client, log } = scriptedInstance({ options: concurrent, script: [() => new Promise(() => undefined)], clock });
    await instance.flush(chunk, "tag");
    const closing = instance.close();
    await clock.advance(4999);
    await closing;
    expect(client.closed).toBe(1);
    expect(log.at("error")).toEqual(["1 chunks could not be sent before the end; their records are lost"]);
  });
});

describe("SEND_FAILURE_TIMEOUT", () => {
  it("ends Fluent Bit with status 1 after a message, when nothing was delivered for so long", async () => {
    const clock = new JumpingClock();
    const { instance, log, exits } = scriptedInstance({ afterwards: denied, sendFailureTimeoutMs: 60_000, clock });
    await instance.flush(chunk, "tag");
    clock.nowMs += 59_999;
    await instance.flush(chunk, "tag");
    expect(exits).toEqual([]);
    clock.nowMs += 1;
    await instance.flush(chunk, "tag");
    expect(exits).toEqual([1]);
    expect(log.at("error").slice(-2)).toEqual([
      "timeout threshold reached: Failed to send logs for 60s",
      "Quitting Fluent Bit",
    ]);
  });

  it("does not pass while there is nothing to deliver", async () => {
    const clock = new JumpingClock();
    const { instance, exits } = scriptedInstance({ script: [allTaken, denied], sendFailureTimeoutMs: 60_000, clock });
    await instance.flush(chunk, "tag");
    clock.nowMs += 3_600_000;
    await instance.flush(chunk, "tag");
    expect(exits).toEqual([]);
  });

  it("does not begin with a chunk of which nothing is to be sent", async () => {
    const clock = new JumpingClock();
    const setting = { options: { log_key: "log" }, script: [denied], sendFailureTimeoutMs: 60_000, clock };
    const { instance, client, exits } = scriptedInstance(setting);
    expect(await instance.flush(chunkOf([{ other: 1 }]), "tag")).toBe("ok");
    expect(client.requests).toEqual([]);
    clock.nowMs += 60_000;
    expect(await instance.flush(chunk, "tag")).toBe("retry");
    expect(exits).toEqual([]);
  });

  it("begins anew when a part was delivered", async () => {
    const clock = new JumpingClock();
    const script = [denied, failedAt(2), denied, denied];
    const { instance, exits } = scriptedInstance({ script, sendFailureTimeoutMs: 60_000, clock });
    await instance.flush(chunk, "tag");
    clock.nowMs += 59_000;
    expect(await instance.flush(chunk, "tag")).toBe("retry");
    clock.nowMs += 59_000;
    await instance.flush(chunk, "tag");
    expect(exits).toEqual([]);
  });
});
