// An output whose records choose their streams: what goes where, and that a stream that fails holds no other back.
import { describe, expect, it } from "vitest";
import { chunkOf } from "../../support/event_chunk.js";
import { CountedMetrics } from "../../support/counted_metrics.js";
import { HeldClock, settled } from "../../support/fake_clock.js";
import { HeldClient } from "../../support/held_client.js";
import { allTextsIn } from "../../support/received_events.js";
import { allTaken, failedWith, requestFailed, type Step } from "../../support/scripted_client.js";
import { scriptedInstance, type InstanceSetting, type ScriptedInstance } from "../../support/scripted_instance.js";

const options = { log_key: "log", stream_key: "to" };
const keyed = { ...options, partition_key: "k" };
const aggregated = { ...keyed, aggregation: "true" };
const missing = requestFailed("ResourceNotFoundException", "setup");
const timedOut = requestFailed("TimeoutError", "transient");
const throttling = "ProvisionedThroughputExceededException";
const kinds: [string, Readonly<Record<string, string>>][] = [["records in no order", options], ["records in order", keyed], ["aggregates", aggregated]];

/** An event for each text such as "x1", which goes to the stream of its first letter; "-" has none. */
function chunk(...texts: string[]): Uint8Array {
  return chunkOf(texts.map((log) => ({ log, k: "key", ...(log.startsWith("-") ? {} : { to: log.charAt(0) }) })));
}

/** The outcome of each request by its stream; that of the output's own is "-". */
function byStream(outcomes: Readonly<Record<string, Step>>): Step {
  return (entries, stream) => {
    const step = outcomes[stream ?? "-"] ?? allTaken;
    return typeof step === "function" ? step(entries, stream) : step;
  };
}

/** None of the entries is taken. */
const throttled: Step = (entries) => failedWith(throttling, ...entries.keys());

/** What each request had, such as "x: x1 x2". */
function sent({ client }: Pick<ScriptedInstance, "client">): string[] {
  return client.requests.map((entries, index) => `${client.streams[index] ?? "-"}: ${allTextsIn(entries).join(" ")}`);
}

/** Metrics of each stream that is named. */
function metricsByStream() {
  const others = new Map<string, CountedMetrics>();
  const metricsOf = (stream: string) => {
    const metrics = others.get(stream) ?? new CountedMetrics();
    others.set(stream, metrics);
    return metrics;
  };
  return { others, metricsOf };
}

/** An output whose requests wait for the test. */
function heldOutput(setting: InstanceSetting = {}) {
  const service = new HeldClient();
  const output = scriptedInstance({ ...setting, afterwards: (entries, stream) => service.hold(entries, stream) });
  const underWay = () => service.underWay.map(({ entries, stream }) => `${stream ?? "-"}: ${allTextsIn(entries).join(" ")}`);
  return { ...output, service, underWay };
}

describe.each(kinds)("%s", (_, given) => {
  it("go to the streams that they choose, side by side, each stream's in their order", async () => {
    const { flush, service, underWay } = heldOutput({ options: given });
    const reply = flush(chunk("x1", "y1", "x2", "-1", "y2"));
    await settled();
    await settled();
    expect(underWay()).toEqual(["x: x1 x2", "y: y1 y2", "-: -1"]);
    await service.answerAll();
    expect(await reply).toBe("ok");
  });

  it("go to the output's own stream in one request where they choose it by its name", async () => {
    const run = scriptedInstance({ options: { ...given, stream: "x" } });
    expect(await run.flush(chunk("x1", "-1", "x2"))).toBe("ok");
    expect(sent(run)).toEqual(["-: x1 -1 x2"]);
  });

  it("that are left, since their stream does not exist, come again alone", async () => {
    const run = scriptedInstance({ options: given, afterwards: byStream({ x: missing }) });
    const bytes = chunk("x1", "y1", "x2", "-1");
    for (let tries = 0; tries < 2; tries++) expect(await run.flush(bytes)).toBe("retry");
    expect(sent(run)).toEqual(["x: x1 x2", "y: y1", "-: -1", "x: x1 x2"]);
  });

  it("of other streams are delivered while those of one are in back-off, in the next chunk of the tag too", async () => {
    const clock = new HeldClock();
    const run = scriptedInstance({ options: given, clock, afterwards: byStream({ x: throttled }) });
    const first = run.flush(chunk("x1", "y1"));
    const next = run.flush(chunk("y2", "-2"));
    let outcome: string | undefined;
    void next.then((reply) => (outcome = reply));
    await clock.advance(1);
    expect(outcome).toBe("ok");
    await clock.advance(10_000);
    expect(await first).toBe("retry");
    expect(sent(run).filter((request) => request !== "x: x1").sort()).toEqual(["-: -2", "y: y1", "y: y2"]);
  });

  it("of a stream that was left behind get one round in the next chunk, and all retries again once it takes them", async () => {
    const outcomes: Record<string, Step> = { x: throttled };
    const run = scriptedInstance({ options: given, afterwards: byStream(outcomes) });
    expect(await run.flush(chunk("x1", "y1"))).toBe("retry");
    const rounds = sent(run).length - 1;
    expect(rounds).toBeGreaterThan(2);
    expect(await run.flush(chunk("x2", "y2"))).toBe("retry");
    expect(sent(run).filter((request) => request === "x: x2")).toHaveLength(1);
    outcomes["x"] = () => allTaken;
    expect(await run.flush(chunk("x3"))).toBe("ok");
    let left = 1;
    outcomes["x"] = (entries) => (left-- > 0 ? failedWith(throttling, ...entries.keys()) : allTaken);
    expect(await run.flush(chunk("x4"))).toBe("ok");
  });
});

describe("a stream that takes nothing", () => {
  it("of the first slice does not keep the records of other streams in further slices, and is not tried again for them", async () => {
    const run = scriptedInstance({ options, afterwards: byStream({ x: missing }) });
    const texts = [...Array.from({ length: 20_000 }, () => "x"), "x-late", "y1"];
    expect(await run.flush(chunk(...texts))).toBe("retry");
    expect(sent(run).filter((request) => request.startsWith("x")).length).toBeLessThanOrEqual(10);
    expect(sent(run).at(-1)).toBe("y: y1");
    const before = sent(run).length;
    expect(await run.flush(chunk(...texts))).toBe("retry");
    expect(sent(run).slice(before).some((request) => request.startsWith("y"))).toBe(false);
  });

  it("leaves further slices to the next flush when the time is up: then the service takes nothing", async () => {
    const clock = new HeldClock();
    const run = scriptedInstance({ options, clock, afterwards: async () => {
      await clock.sleep(10_000);
      return timedOut;
    } });
    const reply = run.flush(chunk(...Array.from({ length: 20_000 }, () => "x"), "y1"));
    await clock.advance(60_000);
    expect(await reply).toBe("retry");
    expect(sent(run).some((request) => request.startsWith("y"))).toBe(false);
  });
});

describe("the requests of an output", () => {
  it("are bounded for all its streams together, and go to each stream in turn", async () => {
    const { flush, service, underWay } = heldOutput({ options: { ...options, concurrent_requests: "2" } });
    const reply = flush(chunk("a1", "b1", "c1", "d1"));
    await settled();
    expect(underWay()).toEqual(["a: a1", "b: b1"]);
    await service.answer(0);
    expect(underWay()).toEqual(["b: b1", "c: c1"]);
    await service.answerAll();
    expect(await reply).toBe("ok");
  });

  it("are fewer for a stream that throttles alone", async () => {
    const metrics = new CountedMetrics();
    const { others, metricsOf } = metricsByStream();
    const run = scriptedInstance({ options, metrics, metricsOf, afterwards: byStream({ x: throttled }) });
    expect(await run.flush(chunk("x1", "y1", "-1"))).toBe("retry");
    expect(others.get("x")?.limits.slice(0, 3)).toEqual([10, 5, 2]);
    expect(others.get("y")?.limits).toEqual([10]);
    expect(metrics.limits.every((limit) => limit === 10)).toBe(true);
  });
});

it("metrics are those of the real stream: requests, records, failures and retries", async () => {
  const metrics = new CountedMetrics();
  const { others, metricsOf } = metricsByStream();
  const run = scriptedInstance({ options, metrics, metricsOf, afterwards: byStream({ x: missing }) });
  expect(await run.flush(chunk("x1", "y1", "y2", "-1"))).toBe("retry");
  expect(others.get("x")?.all).toEqual({ "requests_total:setup": 1 });
  expect(others.get("y")?.all).toMatchObject({ "requests_total:answered": 1, sent_records_total: 2 });
  expect(metrics.all).toMatchObject({ sent_records_total: 1, flush_retries_total: 1 });
});

describe("messages", () => {
  it("about a stream name it, and say when records are delivered to it again", async () => {
    const outcomes: Record<string, Step> = { x: missing };
    const run = scriptedInstance({ options, afterwards: byStream(outcomes) });
    expect(await run.flush(chunk("x1", "y1"))).toBe("retry");
    expect(run.log.at("error")).toEqual([expect.stringMatching(/^stream x: 1\/1 records failed to be delivered\. .*ResourceNotFoundException: .* \(create the stream, or check the options stream_key and region\)/u)]);
    outcomes["x"] = allTaken;
    expect(await run.flush(chunk("x1", "y1"))).toBe("ok");
    expect(run.log.at("info").at(-1)).toMatch(/^stream x: Records are delivered again/u);
  });

  it("say once that records have no stream, without what they hold", async () => {
    const run = scriptedInstance({ options });
    expect(await run.flush(chunkOf([{ log: "1" }, { log: "2", to: "secret text" }, { log: "3", to: "arn:aws:kinesis:us-west-2:123456789012:stream/x" }, { log: "4", to: "" }, { log: "5", to: ["x"] }]))).toBe("ok");
    expect(sent(run)).toEqual(["-: 1 2 3 4 5"]);
    const [message, ...more] = run.log.at("error");
    expect(message).toContain("stream_key");
    expect(message).toContain("logs");
    expect(message).not.toContain("secret");
    expect(more).toEqual([]);
  });
});

it.each([
  [127, "to it"],
  [128, "to it"],
  [129, "to the output's own"],
])("a name of %i characters leads %s", async (length, where) => {
  const run = scriptedInstance({ options });
  const to = "s".repeat(length);
  expect(await run.flush(chunkOf([{ log: "1", to }]))).toBe("ok");
  expect(run.client.streams).toEqual([where === "to it" ? to : undefined]);
});

describe("many streams", () => {
  it.each(kinds)("are all delivered to, though a slice has no more than some of them (%s)", async (_, given) => {
    const run = scriptedInstance({ options: given });
    const names = Array.from({ length: 700 }, (__, n) => `stream-${n}`);
    expect(await run.flush(chunkOf(names.map((to, n) => ({ log: String(n), to, k: "key" }))))).toBe("ok");
    expect([...run.client.streams].sort()).toEqual([...names].sort());
    expect(run.client.requests.flatMap(allTextsIn).sort()).toEqual(names.map((__, n) => String(n)).sort());
  });
});

describe("SEND_FAILURE_TIMEOUT", () => {
  it("is not reached while any stream takes records", async () => {
    const clock = new HeldClock();
    const run = scriptedInstance({ options, clock, sendFailureTimeoutMs: 60_000, afterwards: byStream({ x: missing }) });
    for (let minutes = 0; minutes < 5; minutes++) {
      expect(await run.flush(chunk(`x${minutes}`, `y${minutes}`))).toBe("retry");
      await clock.advance(60_000);
    }
    expect(run.exits).toEqual([]);
  });

  it("is reached when records come for a stream alone that takes none", async () => {
    const clock = new HeldClock();
    const run = scriptedInstance({ options, clock, sendFailureTimeoutMs: 60_000, afterwards: byStream({ x: missing }) });
    await run.flush(chunk("y1"));
    await run.flush(chunk("x1"));
    await clock.advance(60_000);
    await run.flush(chunk("x1"));
    await clock.advance(1000);
    expect(run.exits).toEqual([1]);
  });
});

it("each stream's shards are listed once, when its first records come, and its aggregates are made by them", async () => {
  const run = scriptedInstance({ options: aggregated });
  const middle = 1n << 127n;
  run.client.shards = [{ id: "low", startingHashKey: 0n, endingHashKey: middle - 1n }, { id: "high", startingHashKey: middle, endingHashKey: 2n * middle - 1n }];
  const bytes = (n: number) => chunkOf(["x", "-", "x", "y"].map((to, event) => ({ log: `${to}${n}${event}`, k: `key ${event}`, ...(to === "-" ? {} : { to }) })));
  for (const n of [1, 2]) expect(await run.flush(bytes(n))).toBe("ok");
  expect(run.client.listed).toEqual(["x", undefined, "y"]);
  for (const entry of run.client.requests.flat()) expect(["low", "high"]).toContain(entry.shardId);
});

describe("the end of an output", () => {
  it("sends the chunks for a stream that took records before, though the chunk before them failed for another one", async () => {
    const clock = new HeldClock();
    const run = scriptedInstance({ options: { ...options, experimental_concurrency: "1" }, clock, afterwards: async (_, stream) => {
      await clock.sleep(100);
      return stream === "x" ? missing : allTaken;
    } });
    const before = run.flush(chunk("y0"));
    await clock.advance(1000);
    expect(await before).toBe("ok");
    await clock.advance(60_000);
    const replies = Promise.all([run.flush(chunk("x1")), run.flush(chunk("y1"))]);
    await clock.advance(10);
    const closed = run.instance.close(clock.now(), () => undefined);
    await clock.advance(5000);
    await closed;
    expect(await replies).toEqual(["retry", "ok"]);
  });

  it("goes on with chunks for a stream that takes records though another one does not exist", async () => {
    const clock = new HeldClock();
    const taken: string[] = [];
    const run = scriptedInstance({ options, clock, afterwards: async (entries, stream) => {
      if (stream === "x") return missing;
      await clock.sleep(300);
      taken.push(...allTextsIn(entries));
      return allTaken;
    } });
    await run.flush(chunk("x0"));
    const first = run.flush(chunk("x1", "y1"));
    await clock.advance(10);
    const late = run.flush(chunk("x2", "y2"));
    const closed = run.instance.close(clock.now(), () => undefined);
    await clock.advance(5000);
    await closed;
    expect(taken).toEqual(["y1", "y2"]);
    expect(await Promise.all([first, late])).toEqual(["retry", "retry"]);
  });
});

it("records of one key and stream keep their order when slices, chunks and failures of another stream come between", async () => {
  const clock = new HeldClock();
  const run = scriptedInstance({ options: keyed, clock, afterwards: byStream({ x: throttled }) });
  const replies = ["1", "2", "3"].map((n) => run.flush(chunk(`x${n}`, `y${n}a`, `y${n}b`)));
  await clock.advance(20_000);
  expect(await Promise.all(replies)).toEqual(["retry", "retry", "retry"]);
  expect(sent(run).filter((request) => request.startsWith("y"))).toEqual(["y: y1a y1b", "y: y2a y2b", "y: y3a y3b"]);
});
