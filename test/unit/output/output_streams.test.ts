// An output whose records choose their streams: records reach their streams, and a failing stream does not delay others.
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

/** Returns a chunk with an event for each text such as "x1", which chooses the stream of its first letter; "-" chooses none. */
function chunk(...texts: string[]): Uint8Array {
  return chunkOf(texts.map((log) => ({ log, k: "key", ...(log.startsWith("-") ? {} : { to: log.charAt(0) }) })));
}

/** Returns the outcome of each request by its stream; "-" is the output's own stream. */
function byStream(outcomes: Readonly<Record<string, Step>>): Step {
  return (entries, stream) => {
    const step = outcomes[stream ?? "-"] ?? allTaken;
    return typeof step === "function" ? step(entries, stream) : step;
  };
}

/** Throttles all entries. */
const throttled: Step = (entries) => failedWith(throttling, ...entries.keys());

/** Returns the records of each request, such as "x: x1 x2". */
function sent({ client }: Pick<ScriptedInstance, "client">): string[] {
  return client.requests.map((entries, index) => `${client.streams[index] ?? "-"}: ${allTextsIn(entries).join(" ")}`);
}

/** Returns the metrics of each named stream. */
function metricsByStream() {
  const others = new Map<string, CountedMetrics>();
  const metricsOf = (stream: string) => {
    const metrics = others.get(stream) ?? new CountedMetrics();
    others.set(stream, metrics);
    return metrics;
  };
  return { others, metricsOf };
}

/** Returns an output whose requests wait for the test. */
function heldOutput(setting: InstanceSetting = {}) {
  const service = new HeldClient();
  const output = scriptedInstance({ ...setting, afterwards: (entries, stream) => service.hold(entries, stream) });
  const underWay = () => service.underWay.map(({ entries, stream }) => `${stream ?? "-"}: ${allTextsIn(entries).join(" ")}`);
  return { ...output, service, underWay };
}

describe.each(kinds)("%s", (_, given) => {
  it("go to the streams that they choose, in parallel, in order within each stream", async () => {
    const { flush, service, underWay } = heldOutput({ options: given });
    const reply = flush(chunk("x1", "y1", "x2", "-1", "y2"));
    await settled();
    await settled();
    expect(underWay()).toEqual(["x: x1 x2", "y: y1 y2", "-: -1"]);
    await service.answerAll();
    expect(await reply).toBe("ok");
  });

  it("go to the output's own stream in one request when they choose it by name", async () => {
    const run = scriptedInstance({ options: { ...given, stream: "x" } });
    expect(await run.flush(chunk("x1", "-1", "x2"))).toBe("ok");
    expect(sent(run)).toEqual(["-: x1 -1 x2"]);
  });

  it("for a stream that does not exist are retried without the others", async () => {
    const run = scriptedInstance({ options: given, afterwards: byStream({ x: missing }) });
    const bytes = chunk("x1", "y1", "x2", "-1");
    for (let tries = 0; tries < 2; tries++) expect(await run.flush(bytes)).toBe("retry");
    expect(sent(run)).toEqual(["x: x1 x2", "y: y1", "-: -1", "x: x1 x2"]);
  });

  it("of other streams are delivered while one stream is in back-off, also in the next chunk of the tag", async () => {
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

  it("of a stream with unsent records get one round in the next chunk, and all retries once the stream accepts records", async () => {
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

describe("a stream that accepts nothing", () => {
  it("of the first slice does not hold back other streams' records in later slices, and gets no further requests", async () => {
    const run = scriptedInstance({ options, afterwards: byStream({ x: missing }) });
    const texts = [...Array.from({ length: 20_000 }, () => "x"), "x-late", "y1"];
    expect(await run.flush(chunk(...texts))).toBe("retry");
    expect(sent(run).filter((request) => request.startsWith("x")).length).toBeLessThanOrEqual(10);
    expect(sent(run).at(-1)).toBe("y: y1");
    const before = sent(run).length;
    expect(await run.flush(chunk(...texts))).toBe("retry");
    expect(sent(run).slice(before).some((request) => request.startsWith("y"))).toBe(false);
  });

  it("leaves later slices to the next flush when the time is up", async () => {
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
  it("are limited for all streams together, and go to each stream in turn", async () => {
    const { flush, service, underWay } = heldOutput({ options: { ...options, concurrent_requests: "2" } });
    const reply = flush(chunk("a1", "b1", "c1", "d1"));
    await settled();
    expect(underWay()).toEqual(["a: a1", "b: b1"]);
    await service.answer(0);
    expect(underWay()).toEqual(["b: b1", "c: c1"]);
    await service.answerAll();
    expect(await reply).toBe("ok");
  });

  it("are reduced only for a stream that throttles", async () => {
    const metrics = new CountedMetrics();
    const { others, metricsOf } = metricsByStream();
    const run = scriptedInstance({ options, metrics, metricsOf, afterwards: byStream({ x: throttled }) });
    expect(await run.flush(chunk("x1", "y1", "-1"))).toBe("retry");
    expect(others.get("x")?.limits.slice(0, 3)).toEqual([10, 5, 2]);
    expect(others.get("y")?.limits).toEqual([10]);
    expect(metrics.limits.every((limit) => limit === 10)).toBe(true);
  });
});

it("metrics count requests, records and failures for the stream that records choose", async () => {
  const metrics = new CountedMetrics();
  const { others, metricsOf } = metricsByStream();
  const run = scriptedInstance({ options, metrics, metricsOf, afterwards: byStream({ x: missing }) });
  expect(await run.flush(chunk("x1", "y1", "y2", "-1"))).toBe("retry");
  expect(others.get("x")?.all).toEqual({ "requests_total:setup": 1 });
  expect(others.get("y")?.all).toMatchObject({ "requests_total:answered": 1, sent_records_total: 2 });
  expect(metrics.all).toMatchObject({ sent_records_total: 1, flush_retries_total: 1 });
});

describe("messages", () => {
  it("about a stream name it, and report when records are delivered to it again", async () => {
    const outcomes: Record<string, Step> = { x: missing };
    const run = scriptedInstance({ options, afterwards: byStream(outcomes) });
    expect(await run.flush(chunk("x1", "y1"))).toBe("retry");
    expect(run.log.at("error")).toEqual([expect.stringMatching(/^stream x: 1\/1 records failed to be delivered\. .*ResourceNotFoundException: .* \(create the stream, or check the options stream_key and region\)/u)]);
    outcomes["x"] = allTaken;
    expect(await run.flush(chunk("x1", "y1"))).toBe("ok");
    expect(run.log.at("info").at(-1)).toMatch(/^stream x: Records are delivered again/u);
  });

  it("report once that records have no stream, without their content", async () => {
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
  [127, "to the stream"],
  [128, "to the stream"],
  [129, "to the output's own stream"],
])("a stream name of %i characters leads %s", async (length, where) => {
  const run = scriptedInstance({ options });
  const to = "s".repeat(length);
  expect(await run.flush(chunkOf([{ log: "1", to }]))).toBe("ok");
  expect(run.client.streams).toEqual([where === "to the stream" ? to : undefined]);
});

describe("many streams", () => {
  it.each(kinds)("all receive their records, although one slice holds only some of them (%s)", async (_, given) => {
    const run = scriptedInstance({ options: given });
    const names = Array.from({ length: 700 }, (__, n) => `stream-${n}`);
    expect(await run.flush(chunkOf(names.map((to, n) => ({ log: String(n), to, k: "key" }))))).toBe("ok");
    expect([...run.client.streams].sort()).toEqual([...names].sort());
    expect(run.client.requests.flatMap(allTextsIn).sort()).toEqual(names.map((__, n) => String(n)).sort());
  });
});

describe("SEND_FAILURE_TIMEOUT", () => {
  it("is not reached while any stream accepts records", async () => {
    const clock = new HeldClock();
    const run = scriptedInstance({ options, clock, sendFailureTimeoutMs: 60_000, afterwards: byStream({ x: missing }) });
    for (let minutes = 0; minutes < 5; minutes++) {
      expect(await run.flush(chunk(`x${minutes}`, `y${minutes}`))).toBe("retry");
      await clock.advance(60_000);
    }
    expect(run.exits).toEqual([]);
  });

  it("is reached when records come only for a stream that accepts none", async () => {
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

it("the shards of each stream are listed once, with its first records, and its aggregates follow them", async () => {
  const run = scriptedInstance({ options: aggregated });
  const middle = 1n << 127n;
  run.client.shards = [{ id: "low", startingHashKey: 0n, endingHashKey: middle - 1n }, { id: "high", startingHashKey: middle, endingHashKey: 2n * middle - 1n }];
  const bytes = (n: number) => chunkOf(["x", "-", "x", "y"].map((to, event) => ({ log: `${to}${n}${event}`, k: `key ${event}`, ...(to === "-" ? {} : { to }) })));
  for (const n of [1, 2]) expect(await run.flush(bytes(n))).toBe("ok");
  expect(run.client.listed).toEqual(["x", undefined, "y"]);
  for (const entry of run.client.requests.flat()) expect(["low", "high"]).toContain(entry.shardId);
});

describe("the end of an output", () => {
  it("sends chunks for a stream that accepted records before, although an earlier chunk for another stream failed", async () => {
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

  it("goes on with chunks for a stream that accepts records, although another stream does not exist", async () => {
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

it("records of one key and stream keep their order across chunks and failures of another stream", async () => {
  const clock = new HeldClock();
  const run = scriptedInstance({ options: keyed, clock, afterwards: byStream({ x: throttled }) });
  const replies = ["1", "2", "3"].map((n) => run.flush(chunk(`x${n}`, `y${n}a`, `y${n}b`)));
  await clock.advance(20_000);
  expect(await Promise.all(replies)).toEqual(["retry", "retry", "retry"]);
  expect(sent(run).filter((request) => request.startsWith("y"))).toEqual(["y: y1a y1b", "y: y2a y2b", "y: y3a y3b"]);
});
