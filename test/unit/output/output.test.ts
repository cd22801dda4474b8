// One output from chunk to reply, with a scripted client: its requests, replies and messages.
import { describe, expect, it } from "vitest";
import { chunkOf } from "../../support/event_chunk.js";
import { HeldClock, JumpingClock, settled } from "../../support/fake_clock.js";
import { allTaken, failedAt, requestFailed, type ScriptedClient } from "../../support/scripted_client.js";
import { scriptedInstance } from "../../support/scripted_instance.js";

const chunk = chunkOf([{ log: "one" }, { log: "two" }, { log: "three" }]);
const refused = requestFailed("ECONNREFUSED", "transient");
const denied = requestFailed("AccessDeniedException", "setup");

function textsOf(client: ScriptedClient, request = 0): string[] {
  return (client.requests[request] ?? []).map(({ data }) => Buffer.from(data).toString());
}

describe("a flush", () => {
  it("replies ok when Kinesis accepts all records", async () => {
    const { flush, client } = scriptedInstance({});
    expect(await flush(chunk, "tag")).toBe("ok");
    expect(textsOf(client)).toEqual(['{"log":"one"}', '{"log":"two"}', '{"log":"three"}']);
  });

  it("retries within itself the records that Kinesis did not accept", async () => {
    const { flush, client } = scriptedInstance({ options: { log_key: "log" }, script: [failedAt(0, 2)] });
    expect(await flush(chunk, "tag")).toBe("ok");
    expect(textsOf(client, 1)).toEqual(["one", "three"]);
  });

  it("replies retry when its time is up, with one error for several flushes", async () => {
    const { flush, log } = scriptedInstance({ afterwards: refused });
    for (let count = 0; count < 3; count++) expect(await flush(chunk, "tag")).toBe("retry");
    expect(log.at("error")).toHaveLength(1);
    expect(log.at("error")[0]).toContain("3/3 records failed to be delivered. Will retry. PutRecords failed with ECONNREFUSED");
  });

  it("of an empty chunk replies ok without a request, and does not open the chunk", async () => {
    const { instance, client } = scriptedInstance({});
    const open = () => expect.unreachable();
    expect(await instance.flush({ bytes: 0, open }, "tag", false)).toBe("ok");
    expect(client.requests).toEqual([]);
  });

  it("of a chunk without events replies ok without a request", async () => {
    const { flush, client } = scriptedInstance({});
    expect(await flush(Uint8Array.of(0xc0), "tag")).toBe("ok");
    expect(client.requests).toEqual([]);
  });

  it("whose chunk is still in transit sends the chunk when it arrives", async () => {
    const { instance, client } = scriptedInstance({ options: { log_key: "log" } });
    let arrive: (chunk: Uint8Array) => void = () => undefined;
    const flushed = instance.flush({ bytes: chunk.length, open: () => new Promise((resolve) => (arrive = resolve)) }, "tag", false);
    await settled();
    expect(client.requests).toEqual([]);
    arrive(chunk);
    expect(await flushed).toBe("ok");
    expect(textsOf(client)).toEqual(["one", "two", "three"]);
  });

  it.each([
    ["immediately", () => undefined],
    ["after a wait", () => Promise.resolve(undefined)],
  ])("whose chunk proves to be withdrawn %s replies retry, and sends nothing", async (_, open) => {
    const { instance, client, flush } = scriptedInstance({});
    expect(await instance.flush({ bytes: chunk.length, open }, "tag", false)).toBe("retry");
    expect(client.requests).toEqual([]);
    expect(await flush(chunk), "the next chunk gets its turn").toBe("ok");
  });

  it("fails when its chunk cannot be opened, and the next chunk gets its turn", async () => {
    const { instance, flush } = scriptedInstance({ options: { experimental_concurrency: "1", partition_key: "k" } });
    const open = () => Promise.reject(new Error("no memory"));
    await expect(instance.flush({ bytes: chunk.length, open }, "tag", false)).rejects.toThrow("no memory");
    expect(await flush(chunk, "tag")).toBe("ok");
  });

  it("that blocks Fluent Bit is reported at level debug, once per output", async () => {
    const { instance, log } = scriptedInstance({});
    const waiting = { bytes: chunk.length, open: () => chunk };
    const logged = () => log.at("debug").filter((text) => text.includes("blocks Fluent Bit's thread"));
    await instance.flush(waiting, "tag", false);
    expect(logged()).toEqual([]);
    for (const blocks of [true, true, false, true]) await instance.flush(waiting, "tag", blocks);
    expect(logged()).toEqual(["This flush blocks Fluent Bit's thread, because the plugin cannot yield its coroutine; later blocking flushes are not reported"]);
  });

  it("logs its tag at level debug", async () => {
    const { flush, log } = scriptedInstance({});
    await flush(chunk, "my.tag");
    expect(log.at("debug")[0]).toBe("Flushing 3 entries with tag: my.tag");
  });

  it("retries from own memory, although Fluent Bit's chunk memory has changed", async () => {
    const memory = Uint8Array.from(chunk);
    const takingBack = () => {
      memory.fill(0);
      return failedAt(0, 1, 2);
    };
    const { flush, client } = scriptedInstance({ options: { log_key: "log" }, script: [takingBack] });
    await flush(memory, "tag");
    expect(textsOf(client, 1)).toEqual(["one", "two", "three"]);
  });
});

describe("a record that Kinesis refuses", () => {
  const refuses = requestFailed("ValidationException", "content");

  it("is dropped with a message, and the flush replies ok", async () => {
    const { flush, client, log } = scriptedInstance({ script: [refuses, refuses] });
    expect(await flush(chunk, "tag")).toBe("ok");
    expect(client.requests.map(({ length }) => length)).toEqual([3, 1, 2]);
    expect(log.at("error")).toEqual([expect.stringMatching(/^A record of 13 bytes .* is dropped, since Kinesis refuses it/)]);
  });

  it("is not sent again when the rest of its chunk is retried", async () => {
    const { flush, client } = scriptedInstance({ script: [refuses, refuses, denied] });
    expect(await flush(chunk, "tag")).toBe("retry");
    expect(await flush(chunk, "tag")).toBe("ok");
    expect(textsOf(client, 3)).toEqual(['{"log":"two"}', '{"log":"three"}']);
  });
});

describe("retry_timeout", () => {
  it.each([
    ["0", 1],
    // Waits of 50, 100, 200 and 400 ms; 500 more would be too many.
    ["1", 5],
  ])("of %s s makes %i requests for a chunk that Kinesis does not accept", async (seconds, requests) => {
    const { flush, client } = scriptedInstance({ options: { retry_timeout: seconds }, afterwards: refused });
    expect(await flush(chunk, "tag")).toBe("retry");
    expect(client.requests).toHaveLength(requests);
  });
});

describe("experimental_concurrency_retries", () => {
  const patient = { retry_timeout: "3600" };

  it.each([
    ["0", 1],
    ["1", 2],
    ["4", 5],
  ])("of %s makes %i requests for a chunk that Kinesis does not accept, when experimental_concurrency is set", async (retries, requests) => {
    const options = { ...patient, experimental_concurrency: "1", experimental_concurrency_retries: retries };
    const { flush, client } = scriptedInstance({ options, afterwards: refused });
    expect(await flush(chunk, "tag")).toBe("retry");
    expect(client.requests).toHaveLength(requests);
  });

  it("has no effect without experimental_concurrency", async () => {
    const options = { retry_timeout: "1", experimental_concurrency_retries: "0" };
    const { flush, client } = scriptedInstance({ options, afterwards: refused });
    expect(await flush(chunk, "tag")).toBe("retry");
    expect(client.requests).toHaveLength(5);
  });

  it("does not prolong retry_timeout", async () => {
    const options = { retry_timeout: "0", experimental_concurrency: "1", experimental_concurrency_retries: "4" };
    const { flush, client } = scriptedInstance({ options, afterwards: refused });
    expect(await flush(chunk, "tag")).toBe("retry");
    expect(client.requests).toHaveLength(1);
  });
});

describe("SEND_FAILURE_TIMEOUT", () => {
  it("ends Fluent Bit with status 1 and a message when nothing is delivered for this time", async () => {
    const clock = new JumpingClock();
    const { flush, log, exits } = scriptedInstance({ afterwards: denied, sendFailureTimeoutMs: 60_000, clock });
    await flush(chunk, "tag");
    clock.nowMs += 59_999;
    await flush(chunk, "tag");
    expect(exits).toEqual([]);
    clock.nowMs += 1;
    await flush(chunk, "tag");
    expect(exits).toEqual([1]);
    expect(log.at("error").slice(-2)).toEqual([
      "timeout threshold reached: Failed to send logs for 60s",
      "Quitting Fluent Bit",
    ]);
  });

  it("waits a second so that Fluent Bit's threads can log the messages, and logs them once", async () => {
    const clock = new HeldClock();
    const { flush, log, exits } = scriptedInstance({ options: { retry_timeout: "0" }, afterwards: denied, sendFailureTimeoutMs: 60_000, clock });
    await flush(chunk, "tag");
    await clock.advance(60_000);
    for (let n = 0; n < 3; n++) expect(await flush(chunk, "tag")).toBe("retry");
    expect(log.at("error").filter((message) => message === "Quitting Fluent Bit")).toHaveLength(1);
    await clock.advance(999);
    expect(exits).toEqual([]);
    await clock.advance(1);
    expect(exits).toEqual([1]);
    await clock.advance(60_000);
    expect(exits).toEqual([1]);
  });

  it("does not count time without anything to deliver", async () => {
    const clock = new JumpingClock();
    const { flush, exits } = scriptedInstance({ script: [allTaken, denied], sendFailureTimeoutMs: 60_000, clock });
    await flush(chunk, "tag");
    clock.nowMs += 3_600_000;
    await flush(chunk, "tag");
    expect(exits).toEqual([]);
  });

  it("does not start with a chunk that has nothing to send", async () => {
    const clock = new JumpingClock();
    const setting = { options: { log_key: "log" }, script: [denied], sendFailureTimeoutMs: 60_000, clock };
    const { flush, client, exits } = scriptedInstance(setting);
    expect(await flush(chunkOf([{ other: 1 }]), "tag")).toBe("ok");
    expect(client.requests).toEqual([]);
    clock.nowMs += 60_000;
    expect(await flush(chunk, "tag")).toBe("retry");
    expect(exits).toEqual([]);
  });

  it("does not start with a chunk whose records Kinesis refuses", async () => {
    const clock = new JumpingClock();
    const refuses = requestFailed("ValidationException", "content");
    const { flush, exits } = scriptedInstance({ afterwards: refuses, sendFailureTimeoutMs: 60_000, clock });
    const poisoned = chunkOf([{ log: "poisoned" }]);
    for (let hour = 0; hour < 3; hour++) {
      expect(await flush(poisoned, "tag")).toBe("ok");
      clock.nowMs += 3_600_000;
    }
    expect(exits).toEqual([]);
  });

  it("keeps counting across a chunk whose records Kinesis refuses", async () => {
    const clock = new JumpingClock();
    const script = [denied, requestFailed("ValidationException", "content"), denied];
    const { flush, exits } = scriptedInstance({ script, sendFailureTimeoutMs: 60_000, clock });
    expect(await flush(chunk, "tag")).toBe("retry");
    expect(await flush(chunkOf([{ log: "poisoned" }]), "tag")).toBe("ok");
    clock.nowMs += 60_000;
    expect(await flush(chunk, "tag")).toBe("retry");
    expect(exits).toEqual([1]);
  });

  it("starts anew when part of a chunk is delivered", async () => {
    const clock = new JumpingClock();
    const script = [denied, failedAt(2), denied, denied];
    const { flush, exits } = scriptedInstance({ script, sendFailureTimeoutMs: 60_000, clock });
    await flush(chunk, "tag");
    clock.nowMs += 59_000;
    expect(await flush(chunk, "tag")).toBe("retry");
    clock.nowMs += 59_000;
    await flush(chunk, "tag");
    expect(exits).toEqual([]);
  });
});
