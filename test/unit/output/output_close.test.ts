// The end of an output: how long it goes on delivering, and the replies to undelivered chunks.
import { describe, expect, it } from "vitest";
import type { Reply, WaitingChunk } from "../../../src/output/flush.js";
import { chunkOf } from "../../support/event_chunk.js";
import { HeldClock, settled } from "../../support/fake_clock.js";
import { HeldState } from "../../support/held_state.js";
import { allTaken, failedAt, requestFailed, type Step } from "../../support/scripted_client.js";
import { scriptedInstance, type InstanceSetting, type ScriptedInstance } from "../../support/scripted_instance.js";
import { sharedMemory } from "../../support/shared_memory.js";

const denied = requestFailed("AccessDeniedException", "setup");
const timedOut = requestFailed("TimeoutError", "transient");
const silence: Step = () => new Promise(() => undefined);
const oneAtATime = { concurrent_requests: "1" };

function lossOf(chunks: number): string {
  return `${chunks} chunks could not be delivered before the end; their records are lost unless Fluent Bit keeps chunks on disk (storage.type filesystem)`;
}

function chunk(n = 0): Uint8Array {
  return chunkOf([{ n }]);
}

interface Closing {
  /** Milliseconds from the call to its end; undefined while it goes on. */
  lastedMs: number | undefined;
  /** Calls of isAlive. */
  signs: number;
}

interface EndingOutput extends ScriptedInstance {
  readonly clock: HeldClock;
  readonly outcomes: (Reply | undefined)[];
  /** Starts flushes, and adds their replies to `outcomes`. */
  readonly start: (...chunks: (Uint8Array | WaitingChunk)[]) => Promise<void>;
  readonly close: (sinceMs?: number) => Closing;
}

function endingOutput(setting: InstanceSetting & { readonly clock?: HeldClock } = {}): EndingOutput {
  const clock = setting.clock ?? new HeldClock();
  const output = scriptedInstance({ ...setting, clock });
  const outcomes: (Reply | undefined)[] = [];
  const start = async (...chunks: (Uint8Array | WaitingChunk)[]) => {
    for (const one of chunks) {
      const place = outcomes.push(undefined) - 1;
      const waiting = one instanceof Uint8Array ? { bytes: one.length, open: () => one } : one;
      void output.instance.flush(waiting, "tag", false).then((outcome) => (outcomes[place] = outcome), () => undefined);
    }
    await settled();
  };
  const close = (sinceMs = clock.now()) => {
    const startMs = clock.now();
    const closing: Closing = { lastedMs: undefined, signs: 0 };
    void output.instance.close(sinceMs, () => closing.signs++).then(() => (closing.lastedMs = clock.now() - startMs));
    return closing;
  };
  return { ...output, clock, outcomes, start, close };
}

/** Returns a service that accepts all records of a request after a delay. */
function slow(clock: HeldClock, milliseconds: number): Step {
  return async () => {
    await clock.sleep(milliseconds);
    return allTaken;
  };
}

describe("the end of an output with nothing under way", () => {
  it("closes the client immediately and logs nothing", async () => {
    const { close, client, clock, log, start, outcomes } = endingOutput();
    await start(chunk());
    expect(outcomes).toEqual(["ok"]);
    const closing = close();
    await clock.advance(0);
    expect(closing).toEqual({ lastedMs: 0, signs: 0 });
    expect(client.closed).toBe(1);
    expect(log.at("error")).toEqual([]);
  });

  it("replies retry to a later flush, and does not open its chunk", async () => {
    const { close, clock, start, outcomes, client } = endingOutput();
    close();
    await clock.advance(0);
    await start({ bytes: 5, open: () => expect.unreachable() });
    expect(outcomes).toEqual(["retry"]);
    expect(client.requests).toEqual([]);
  });
});

describe("the end of an output whose service accepts records", () => {
  it("waits until all chunks are delivered, also chunks that still wait for their turn", async () => {
    const clock = new HeldClock();
    const options = { ...oneAtATime, experimental_concurrency: "2" };
    const { start, close, outcomes, client, log } = endingOutput({ clock, options, afterwards: slow(clock, 700) });
    await start(...Array.from({ length: 20 }, (_, n) => chunk(n)));
    const closing = close();
    await clock.advance(13_900);
    expect(closing.lastedMs).toBeUndefined();
    expect(client.closed).toBe(0);
    await clock.advance(100);
    expect(outcomes).toEqual(Array.from({ length: 20 }, () => "ok"));
    expect(closing.lastedMs).toBe(14_000);
    expect(client.closed).toBe(1);
    expect(log.at("error")).toEqual([]);
  });

  it("waits for a service that needs 9 s for its first response", async () => {
    const clock = new HeldClock();
    const { start, close, outcomes } = endingOutput({ clock, afterwards: slow(clock, 9000) });
    await start(chunk(1), chunk(2));
    const closing = close();
    await clock.advance(9000);
    expect(outcomes).toEqual(["ok", "ok"]);
    expect(closing.lastedMs).toBe(9000);
  });

  it("calls isAlive several times per second", async () => {
    const clock = new HeldClock();
    const { start, close } = endingOutput({ clock, afterwards: slow(clock, 5000) });
    await start(chunk());
    const closing = close();
    await clock.advance(1000);
    expect(closing.signs).toBeGreaterThanOrEqual(10);
    await clock.advance(4000);
    expect(closing.signs).toBeGreaterThanOrEqual(50);
    expect(closing.lastedMs).toBe(5000);
  });

  it("retries the records that Kinesis did not accept", async () => {
    const { start, close, outcomes, clock, client } = endingOutput({ script: [failedAt(0), failedAt(0)] });
    await start(chunk());
    const closing = close();
    await clock.advance(1000);
    expect(outcomes).toEqual(["ok"]);
    expect(client.requests).toHaveLength(3);
    expect(closing.lastedMs).toBeLessThan(1000);
  });

  it.each([
    ["5", 0, 5000],
    ["20", 0, 20_000],
    ["20", 18_000, 2000],
    ["20", 20_000, 0],
    ["20", 25_000, 0],
    ["0", 0, 0],
  ])("with drain_timeout %s s, and the first output's end %i ms ago, gives up after %i ms", async (timeout, agoMs, lastsMs) => {
    const clock = new HeldClock();
    const options = { ...oneAtATime, drain_timeout: timeout };
    const { start, close, outcomes, client, log } = endingOutput({ clock, options, afterwards: slow(clock, 700) });
    await start(...Array.from({ length: 50 }, (_, n) => chunk(n)));
    const closing = close(clock.now() - agoMs);
    await clock.advance(60_000);
    const delivered = Math.floor(lastsMs / 700);
    expect(closing.lastedMs).toBe(lastsMs);
    expect(outcomes).toEqual(Array.from({ length: 50 }, (_, n) => (n < delivered ? "ok" : "retry")));
    expect(client.closed).toBe(1);
    expect(client.requests).toHaveLength(delivered + 1);
    expect(log.at("error")).toEqual([lossOf(50 - delivered)]);
  });
});

describe("an output that expects its end while another output ends", () => {
  it("retries beyond retry_timeout while Kinesis accepts records, since Fluent Bit will not retry the chunk", async () => {
    const clock = new HeldClock();
    const oneOfMany: Step = async (sent) => {
      await clock.sleep(1000);
      return sent.length === 1 ? allTaken : failedAt(...Array.from({ length: sent.length - 1 }, (_, n) => n + 1));
    };
    const { instance, start, outcomes, close, log } = endingOutput({ clock, afterwards: oneOfMany, options: { retry_timeout: "1" } });
    await start(chunkOf(Array.from({ length: 10 }, (_, n) => ({ n }))));
    instance.expectEnd();
    await clock.advance(5000);
    expect(outcomes).toEqual([undefined]);
    const closing = close();
    await clock.advance(20_000);
    expect(closing.lastedMs).toBeDefined();
    expect(outcomes).toEqual(["ok"]);
    expect(log.at("error")).toEqual([]);
  });

  it("counts chunks with the reply retry as lost, also before its own end", async () => {
    const clock = new HeldClock();
    const { instance, start, outcomes, close, log } = endingOutput({ clock, afterwards: denied });
    instance.expectEnd();
    await start(chunk(0), chunk(1));
    expect(outcomes).toEqual(["retry", "retry"]);
    close();
    await settled();
    expect(log.at("error").at(-1)).toBe(lossOf(2));
  });
});

describe("the end of an output whose service accepts some of the records", () => {
  it.each<Readonly<Record<string, string>>>([
    {},
    { experimental_concurrency: "1", experimental_concurrency_retries: "0" },
  ])("retries the rest while some are accepted, beyond retry_timeout and the rounds, with options %j", async (options) => {
    const clock = new HeldClock();
    // One record of ten each second.
    const oneOfMany: Step = async (sent) => {
      await clock.sleep(1000);
      return sent.length === 1 ? allTaken : failedAt(...Array.from({ length: sent.length - 1 }, (_, n) => n + 1));
    };
    const { start, close, outcomes, log } = endingOutput({ clock, afterwards: oneOfMany, options: { retry_timeout: "1", ...options } });
    await start(chunkOf(Array.from({ length: 10 }, (_, n) => ({ n }))));
    const closing = close();
    await clock.advance(20_000);
    expect(outcomes).toEqual(["ok"]);
    expect(closing.lastedMs).toBeGreaterThan(9000);
    expect(log.at("error")).toEqual([]);
  });

  it("replies retry after retry_timeout when no more records are accepted", async () => {
    const clock = new HeldClock();
    const { start, close, outcomes } = endingOutput({ clock, afterwards: failedAt(0), options: { retry_timeout: "1" } });
    await start(chunk());
    const closing = close();
    await clock.advance(5000);
    expect(outcomes).toEqual(["retry"]);
    expect(closing.lastedMs).toBeLessThan(1500);
  });
});

describe("the end of an output whose service does not respond", () => {
  it("gives up after about a second when a request timed out and nothing was accepted since", async () => {
    const { start, close, outcomes, client, log, clock } = endingOutput({ script: [timedOut], afterwards: silence, options: { retry_timeout: "0" } });
    await start(chunk(1));
    expect(outcomes).toEqual(["retry"]);
    await start(chunk(2), chunk(3));
    const closing = close();
    await clock.advance(1000);
    expect(closing.lastedMs).toBeUndefined();
    await clock.advance(100);
    expect(closing.lastedMs).toBe(1050);
    expect(outcomes).toEqual(["retry", "retry", "retry"]);
    expect(client.closed).toBe(1);
    expect(log.at("error").at(-1)).toBe(lossOf(2));
  });

  it("goes on when records were accepted after a request timed out", async () => {
    const clock = new HeldClock();
    const { start, close, outcomes } = endingOutput({ clock, script: [timedOut, allTaken], afterwards: slow(clock, 1000), options: { retry_timeout: "0" } });
    await start(chunk(1), chunk(2));
    await start(chunk(3));
    const closing = close();
    await clock.advance(1000);
    expect(outcomes).toEqual(["retry", "ok", "ok"]);
    expect(closing.lastedMs).toBe(1000);
  });

  it.each([
    ["10 s when the service has accepted nothing yet", [], 10_000],
    ["2 s when the service was fast before", [allTaken], 2000],
  ])("gives up after %s", async (_, script: Step[], patienceMs) => {
    const { start, close, outcomes, clock, log } = endingOutput({ script, afterwards: silence });
    for (const [n] of script.entries()) await start(chunk(n));
    await start(chunk(9));
    const closing = close();
    await clock.advance(patienceMs);
    expect(closing.lastedMs).toBeUndefined();
    await clock.advance(100);
    expect(closing.lastedMs).toBeLessThanOrEqual(patienceMs + 50);
    expect(outcomes.at(-1)).toBe("retry");
    expect(log.at("error")).toEqual([lossOf(1)]);
  });

  it("counts the silence before the end too", async () => {
    const { start, close, clock } = endingOutput({ afterwards: silence });
    await start(chunk());
    await clock.advance(9000);
    const closing = close();
    await clock.advance(1100);
    expect(closing.lastedMs).toBe(1050);
  });

  it("logs one error with the number of lost chunks", async () => {
    const { start, close, clock, log } = endingOutput({ afterwards: silence });
    await start(chunk(1), chunk(2));
    close();
    await clock.advance(20_000);
    expect(log.at("error")).toEqual([lossOf(2)]);
  });

  it("does not count towards SEND_FAILURE_TIMEOUT", async () => {
    const { start, close, clock, exits, outcomes } = endingOutput({ script: [denied], afterwards: silence, sendFailureTimeoutMs: 1000 });
    await start(chunk(1), chunk(2));
    close();
    await clock.advance(20_000);
    expect(outcomes).toEqual(["retry", "retry"]);
    expect(exits).toEqual([]);
  });
});

describe("the end of an output whose service accepts nothing", () => {
  const serial = { experimental_concurrency: "1", experimental_concurrency_retries: "1000" };
  const throttled: Step = failedAt(0);
  const unavailable = requestFailed("HTTP 503", "transient");
  const many = Array.from({ length: 22 }, (_, n) => chunk(n));

  it.each([
    ["throttles all records", throttled, {}],
    ["throttles all records of one tag, in their order", throttled, { partition_key: "n" }],
    ["fails each request after 700 ms", "slowly", {}],
  ])("lasts only for one chunk's attempts, however many chunks wait, when the service %s", async (_, step, options) => {
    const clock = new HeldClock();
    const failing: Step = async () => {
      await clock.sleep(700);
      return unavailable;
    };
    const output = endingOutput({ clock, options: { ...serial, ...options }, afterwards: step === "slowly" ? failing : (step as Step) });
    await output.start(...many);
    const closing = output.close();
    await clock.advance(4000);
    expect(closing.lastedMs).toBeDefined();
    expect(output.outcomes).toEqual(many.map(() => "retry"));
    expect(output.log.at("error").at(-1)).toBe(lossOf(22));
  });

  it("waits once for credentials that never arrive, however many chunks wait", async () => {
    const clock = new HeldClock();
    const silent: Step = async () => {
      await clock.sleep(10_000);
      return requestFailed("CredentialsTimeout", "transient");
    };
    const { start, close, outcomes, client } = endingOutput({ clock, options: serial, afterwards: silent });
    await start(...many);
    const closing = close();
    await clock.advance(10_100);
    expect(closing.lastedMs).toBe(10_000);
    expect(outcomes).toEqual(many.map(() => "retry"));
    expect(client.requests).toHaveLength(1);
  });

  it("does not open the waiting chunks", async () => {
    const clock = new HeldClock();
    const { start, close, outcomes } = endingOutput({ clock, options: serial, afterwards: throttled });
    await start(chunk(), ...Array.from({ length: 5 }, (): WaitingChunk => ({ bytes: 10, open: () => expect.unreachable() })));
    close();
    await clock.advance(3000);
    expect(outcomes).toEqual(Array.from({ length: 6 }, () => "retry"));
  });

  it("still tries waiting chunks during a short failure, and delivers them after it", async () => {
    const clock = new HeldClock();
    const options = { ...serial, retry_timeout: "0" };
    // Back after 1.9 s.
    const startMs = clock.now();
    const blip: Step = async () => {
      await clock.sleep(100);
      return clock.now() - startMs < 1900 ? unavailable : allTaken;
    };
    const { start, close, outcomes } = endingOutput({ clock, options, afterwards: blip });
    await start(...many);
    close();
    await clock.advance(5000);
    expect(outcomes).toEqual(many.map((_, n) => (n < 18 ? "retry" : "ok")));
  });

  it("holds the waiting chunks while another chunk under way may still succeed, and sends them when it does", async () => {
    const clock = new HeldClock();
    const options = { ...serial, experimental_concurrency: "2" };
    const client: Step = async (entries) => {
      const isSlow = Buffer.from(entries[0]?.data ?? "").toString() === '{"n":1}';
      await clock.sleep(isSlow ? 6000 : 100);
      return clock.now() > 7000 || isSlow ? allTaken : unavailable;
    };
    const { start, close, outcomes } = endingOutput({ clock, options, afterwards: client });
    await start(...[0, 1, 2, 3].map((n) => chunk(n)));
    close();
    await clock.advance(5000);
    expect(outcomes).toEqual(["retry", undefined, undefined, undefined]);
    await clock.advance(5000);
    expect(outcomes).toEqual(["retry", "ok", "ok", "ok"]);
  });

  it("replies retry to all waiting chunks, also while only another output ends", async () => {
    const clock = new HeldClock();
    const { instance, start, outcomes } = endingOutput({ clock, options: serial, afterwards: throttled });
    await start(...many);
    instance.expectEnd();
    await clock.advance(3000);
    expect(outcomes).toEqual(many.map(() => "retry"));
  });

  it("before the end does not make waiting chunks give up", async () => {
    const clock = new HeldClock();
    const { start, outcomes } = endingOutput({ clock, options: serial, afterwards: throttled });
    await start(...many);
    await clock.advance(4000);
    expect(outcomes.filter((outcome) => outcome !== undefined)).toHaveLength(1);
  });
});

describe("the chunks that the end of an output counts as lost", () => {
  it("include chunks with the reply retry during the end, which Fluent Bit does not retry", async () => {
    const clock = new HeldClock();
    const refusing: Step = async () => {
      await clock.sleep(100);
      return denied;
    };
    const { start, close, outcomes, log } = endingOutput({ clock, script: [slow(clock, 100), refusing] });
    await start(chunk(1), chunk(2));
    const closing = close();
    await clock.advance(1000);
    expect(outcomes).toEqual(["ok", "retry"]);
    expect(closing.lastedMs).toBe(100);
    expect(log.at("error").at(-1)).toBe(lossOf(1));
  });

  it("exclude chunks with a reply before the end", async () => {
    const { start, close, clock, log, outcomes } = endingOutput({ script: [denied] });
    await start(chunk(1));
    expect(outcomes).toEqual(["retry"]);
    close();
    await clock.advance(0);
    expect(log.at("error").filter((text) => text.includes("before the end"))).toEqual([]);
  });

  it("include a chunk that cannot be opened", async () => {
    const { start, close, clock, log } = endingOutput();
    let fail: (error: Error) => void = () => undefined;
    await start({ bytes: 5, open: () => new Promise((_, reject) => (fail = reject)) });
    const closing = close();
    await settled();
    fail(new Error("no memory"));
    await clock.advance(50);
    expect(closing.lastedMs).toBe(0);
    expect(log.at("error")).toEqual([lossOf(1)]);
  });
});

describe("an end that gives up", () => {
  it("ends a long back-off immediately", async () => {
    const asked = { ...requestFailed("ServiceUnavailable", "transient"), retryAfterMs: 3_000_000 } as const;
    const options = { retry_timeout: "3600", drain_timeout: "1" };
    const { start, close, outcomes, clock, client } = endingOutput({ options, afterwards: asked });
    await start(chunk());
    const closing = close();
    await clock.advance(1000);
    expect(closing.lastedMs).toBe(1000);
    expect(outcomes).toEqual(["retry"]);
    await clock.advance(3_600_000);
    expect(client.requests).toHaveLength(1);
  });

  it("replies retry to all chunks of a tag that wait for each other", async () => {
    const { start, close, outcomes, clock, client, log } = endingOutput({ options: { partition_key: "n", drain_timeout: "1" }, afterwards: silence });
    await start(chunk(1), chunk(1), chunk(1));
    const closing = close();
    await clock.advance(1000);
    expect(outcomes).toEqual(["retry", "retry", "retry"]);
    expect(closing.lastedMs).toBe(1000);
    expect(client.requests).toHaveLength(1);
    expect(log.at("error")).toEqual([lossOf(3)]);
  });

  it("does not open chunks that wait for their turn", async () => {
    const opened: number[] = [];
    const options = { experimental_concurrency: "1", drain_timeout: "1" };
    const { start, close, outcomes, clock } = endingOutput({ options, afterwards: silence });
    await start(...[1, 2, 3].map((n): WaitingChunk => ({ bytes: 10, open: () => (opened.push(n), chunk(n)) })));
    close();
    await clock.advance(60_000);
    expect(opened).toEqual([1]);
    expect(outcomes).toEqual(["retry", "retry", "retry"]);
  });

  it("waits for a chunk in transit, does not send it, and requests no shard list", async () => {
    let arrive: (content: Uint8Array) => void = () => undefined;
    const options = { drain_timeout: "1", aggregation: "true", partition_key: "n" };
    const { start, close, outcomes, clock, client } = endingOutput({ options });
    await start({ bytes: 10, open: () => new Promise((resolve) => (arrive = resolve)) });
    const closing = close();
    await clock.advance(2000);
    expect(closing.lastedMs).toBeUndefined();
    arrive(chunk());
    await clock.advance(0);
    expect(closing.lastedMs).toBe(2000);
    expect(outcomes).toEqual(["retry"]);
    expect(client.requests).toEqual([]);
    expect(client.listings).toBe(0);
  });

  it("starts no back-off after a request that fails at that moment", async () => {
    const closings: Closing[] = [];
    const failing: Step = () => {
      closings.push(output.close());
      return requestFailed("ECONNRESET", "transient");
    };
    const output = endingOutput({ script: [failing], options: { drain_timeout: "0" } });
    await output.start(chunk());
    await output.clock.advance(0);
    expect(closings).toEqual([{ lastedMs: 0, signs: 0 }]);
    expect(output.outcomes).toEqual(["retry"]);
  });

  it("encodes no further chunk, even one with its turn", async () => {
    const clock = new HeldClock();
    const networks: (() => void)[] = [];
    const shared = sharedMemory({ now: clock.now, letNetworkRun: () => new Promise((resolve) => void networks.push(resolve)) });
    let encoded = 0;
    const compress = () => {
      encoded++;
    };
    const options = { compression: "gzip", drain_timeout: "0" };
    const { start, close, outcomes } = endingOutput({ clock, shared, options, compress, afterwards: silence });
    await start(chunk(1), chunk(2), chunk(3));
    networks.shift()?.();
    await settled();
    const closing = close();
    while (networks.length > 0) {
      networks.shift()?.();
      await settled();
    }
    expect(encoded).toBe(1);
    expect(outcomes).toEqual(["retry", "retry", "retry"]);
    expect(closing.lastedMs).toBe(0);
  });

  it("reads no chunk after it is over", async () => {
    const { start, close, digests, clock, outcomes } = endingOutput({ script: [failedAt(0)], afterwards: silence, options: { drain_timeout: "5" } });
    const chunks = [1, 2, 3].map((n) => Uint8Array.from(chunkOf([{ n }, { n }])));
    await start(...chunks);
    const closing = close();
    await clock.advance(5000);
    expect(closing.lastedMs).toBeLessThanOrEqual(5000);
    const before = digests();
    expect(before, "the partial delivery of the first chunk is remembered").toBe(1);
    // As the shim does with the chunk of a flush that has its reply: reading it now would be an error.
    for (const one of chunks) structuredClone(one.buffer, { transfer: [one.buffer] });
    await clock.advance(3_600_000);
    expect(digests()).toBe(before);
    expect(outcomes).toEqual(["retry", "retry", "retry"]);
  });

  it("does not affect the chunks of another output", async () => {
    const clock = new HeldClock();
    const shared = sharedMemory({ now: clock.now });
    const ending = endingOutput({ clock, shared, afterwards: silence, options: { drain_timeout: "1" } });
    const staying = endingOutput({ clock, shared, afterwards: slow(clock, 3000) });
    await ending.start(chunk(1), chunk(2));
    await staying.start(chunk(3));
    ending.close();
    await clock.advance(3000);
    expect(ending.outcomes).toEqual(["retry", "retry"]);
    expect(staying.outcomes).toEqual(["ok"]);
    await staying.start(chunk(4));
    await clock.advance(3000);
    expect(staying.outcomes).toEqual(["ok", "ok"]);
    expect(shared.turns.heldBytes).toBe(0);
  });
});

describe("the files of an output", () => {
  function withFile(isHanging: boolean, options: Readonly<Record<string, string>> = {}) {
    const events: string[] = [];
    const state = new HeldState();
    state.close = () => {
      events.push("close");
      return isHanging ? new Promise(() => undefined) : Promise.resolve();
    };
    const stateFile = Object.assign(state, { ending: () => void events.push("ending") });
    return { ...endingOutput({ options, stateFile }), events };
  }

  it("are notified at the start of the end, and are closed after the last reply", async () => {
    let take: (outcome: typeof allTaken) => void = () => undefined;
    const events: string[] = [];
    const state = Object.assign(new HeldState(), { ending: () => void events.push("ending"), close: () => Promise.resolve(void events.push("close")) });
    const { start, close, outcomes, clock } = endingOutput({ afterwards: () => new Promise((resolve) => (take = resolve)), stateFile: state });
    await start(chunk());
    const closing = close();
    await settled();
    expect(events).toEqual(["ending"]);
    take(allTaken);
    await clock.advance(100);
    expect([outcomes, events, closing.lastedMs !== undefined]).toEqual([["ok"], ["ending", "close"], true]);
  });

  it.each([
    ["20", 20_000],
    ["2", 2000],
    ["1", 1000],
    ["0", 1000],
  ])("that hang delay an end with drain_timeout %s for %i ms, with calls of isAlive and a message", async (seconds, most) => {
    const { close, clock, log, events } = withFile(true, { drain_timeout: seconds });
    const closing = close();
    await clock.advance(most - 50);
    expect(closing.lastedMs).toBeUndefined();
    await clock.advance(100);
    expect(closing.lastedMs).toBe(most);
    expect(closing.signs).toBeGreaterThanOrEqual(most / 50);
    expect(events).toEqual(["ending", "close"]);
    expect(log.at("error")).toEqual(["The disk is too slow: the output's files may lack their last lines"]);
  });

  it("that close immediately do not delay the end", async () => {
    const { close, clock, log } = withFile(false);
    const closing = close();
    await clock.advance(0);
    expect([closing.lastedMs, log.at("error")]).toEqual([0, []]);
  });
});
