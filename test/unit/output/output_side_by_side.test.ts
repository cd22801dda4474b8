// Many chunks of an output under way concurrently: the order of their requests, and the reply to each flush.
import { describe, expect, it } from "vitest";
import type { SharedMemory } from "../../../src/output/open_output.js";
import { minCapacity } from "../../../src/pack/columns.js";
import { chunkOf } from "../../support/event_chunk.js";
import { HeldClock, settled } from "../../support/fake_clock.js";
import { HeldClient } from "../../support/held_client.js";
import { allTextsIn } from "../../support/received_events.js";
import { allTaken, failedAt, requestFailed } from "../../support/scripted_client.js";
import { scriptedInstance, type InstanceSetting, type ScriptedInstance } from "../../support/scripted_instance.js";
import { sharedMemory } from "../../support/shared_memory.js";

const raw = { log_key: "log" };
const keyed = { ...raw, partition_key: "k" };
const denied = requestFailed("AccessDeniedException", "setup");
const timedOut = requestFailed("TimeoutError", "transient");

/** Returns a chunk with one event for each text. */
function chunk(...texts: string[]): Uint8Array {
  return chunkOf(texts.map((log) => ({ log, k: "key" })));
}

interface HeldOutput extends ScriptedInstance {
  readonly service: HeldClient;
  /** The texts of each request so far. */
  readonly sent: () => string[][];
  /** The texts of each request that has no response yet. */
  readonly underWay: () => string[][];
}

/** Returns an output whose requests wait for the test. */
function heldOutput(setting: InstanceSetting = {}): HeldOutput {
  const service = new HeldClient();
  const output = scriptedInstance({ ...setting, afterwards: (entries) => service.hold(entries) });
  return {
    ...output,
    service,
    sent: () => output.client.requests.map(allTextsIn),
    underWay: () => service.underWay.map(({ entries }) => allTextsIn(entries)),
  };
}

describe("the flushes of an output", () => {
  it("are all under way concurrently, and each gets its own reply, in every order of the responses", async () => {
    const { flush, service, underWay } = heldOutput({ options: { ...raw, concurrent_requests: "50" } });
    const names = Array.from({ length: 30 }, (_, n) => `${n}`);
    const outcomes = Promise.all(names.map((name) => flush(chunk(name))));
    await settled();
    expect(underWay()).toEqual(names.map((name) => [name]));
    while (service.underWay.length > 0) {
      const place = (7 * service.underWay.length) % service.underWay.length;
      const [name = ""] = underWay()[place] ?? [];
      await service.answer(place, Number(name) % 3 === 0 ? denied : allTaken);
    }
    expect(await outcomes).toEqual(names.map((name) => (Number(name) % 3 === 0 ? "retry" : "ok")));
  });

  it("together have at most concurrent_requests requests in flight", async () => {
    const { flush, service, underWay } = heldOutput({ options: { ...raw, concurrent_requests: "2" } });
    const outcomes = Promise.all(["a", "b", "c"].map((name) => flush(chunk(name))));
    await settled();
    expect(underWay()).toEqual([["a"], ["b"]]);
    await service.answer(1);
    expect(underWay()).toEqual([["a"], ["c"]]);
    await service.answerAll();
    expect(await outcomes).toEqual(["ok", "ok", "ok"]);
  });

  it("keep the records of a chunk in back-off unchanged while other chunks are encoded and delivered", async () => {
    const clock = new HeldClock();
    const { flush, client } = scriptedInstance({ options: raw, script: [failedAt(0, 1)], clock });
    const outcomes = [flush(chunk("one", "two"))];
    await settled();
    outcomes.push(flush(chunk("three", "four")));
    await clock.advance(1000);
    expect(await Promise.all(outcomes)).toEqual(["ok", "ok"]);
    expect(client.requests.map(allTextsIn)).toEqual([["one", "two"], ["three", "four"], ["one", "two"]]);
  });

  it("keep the aggregates of a chunk in back-off unchanged while other chunks are encoded and delivered", async () => {
    const clock = new HeldClock();
    const { flush, client } = scriptedInstance({ options: { ...raw, aggregation: "true" }, script: [failedAt(0)], clock });
    const outcomes = [flush(chunk("one", "two"))];
    await settled();
    outcomes.push(flush(chunk("three", "four")));
    await clock.advance(1000);
    expect(await Promise.all(outcomes)).toEqual(["ok", "ok"]);
    expect(client.requests.map(allTextsIn)).toEqual([["one", "two"], ["three", "four"], ["one", "two"]]);
  });
});

describe("the order of chunks", () => {
  it("does not matter without partition_key: two chunks of one tag are sent in parallel", async () => {
    const { flush, service, underWay } = heldOutput({ options: raw });
    const outcomes = [flush(chunk("first"), "tag"), flush(chunk("second"), "tag")];
    await settled();
    expect(underWay()).toEqual([["first"], ["second"]]);
    await service.answerAll();
    expect(await Promise.all(outcomes)).toEqual(["ok", "ok"]);
  });

  it("is kept with partition_key among the chunks of one tag, and chunks of other tags are sent in parallel", async () => {
    const { flush, service, underWay } = heldOutput({ options: keyed });
    const outcomes = Promise.all([
      flush(chunk("a1"), "a"), flush(chunk("a2"), "a"), flush(chunk("b1"), "b"), flush(chunk("a3"), "a"), flush(chunk("b2"), "b"),
    ]);
    await settled();
    expect(underWay()).toEqual([["a1"], ["b1"]]);
    await service.answer(1);
    expect(underWay()).toEqual([["a1"], ["b2"]]);
    await service.answer(0);
    expect(underWay()).toEqual([["b2"], ["a2"]]);
    await service.answer(1);
    expect(underWay()).toEqual([["b2"], ["a3"]]);
    await service.answerAll();
    expect(await outcomes).toEqual(["ok", "ok", "ok", "ok", "ok"]);
  });

  it("with partition_key is kept for each key only: a chunk with other keys of the same tag is sent in parallel", async () => {
    const { flush, service, underWay } = heldOutput({ options: keyed });
    const chunkOfKey = (log: string, k: string) => chunkOf([{ log, k }]);
    const outcomes = Promise.all([flush(chunkOfKey("a1", "a")), flush(chunkOfKey("b1", "b")), flush(chunkOfKey("a2", "a"))]);
    await settled();
    expect(underWay()).toEqual([["a1"], ["b1"]]);
    await service.answer(0);
    expect(underWay()).toEqual([["b1"], ["a2"]]);
    await service.answerAll();
    expect(await outcomes).toEqual(["ok", "ok", "ok"]);
  });

  it.each([
    ["none of the aggregates of an earlier chunk", { ...keyed, aggregation: "true" }, 1, 0],
    ["only the last slice of an earlier chunk", keyed, 20_001, 1],
  ])("with partition_key lets the next chunk of a tag be sent in parallel with %s", async (_, options, events, beside) => {
    const { flush, service, sent, underWay } = heldOutput({ options });
    const outcomes = Promise.all([flush(chunkOf(Array.from({ length: events }, () => ({ log: "x", k: "a" })))), flush(chunkOf([{ log: "last", k: "b" }]))]);
    await settled();
    while (service.underWay.length > 0) {
      if (underWay().flat().includes("last")) expect(underWay().flat().length - 1).toBeLessThanOrEqual(beside);
      await service.answer(0);
    }
    expect(sent().at(-1)).toEqual(["last"]);
    expect(await outcomes).toEqual(["ok", "ok"]);
  });

  it("with partition_key lets the next chunk of a tag go when the reply to the chunk before it is retry", async () => {
    const { flush, service, underWay } = heldOutput({ options: keyed });
    const outcomes = Promise.all([flush(chunk("first")), flush(chunk("second"))]);
    await settled();
    await service.answer(0, denied);
    expect(underWay()).toEqual([["second"]]);
    await service.answer(0);
    expect(await outcomes).toEqual(["retry", "ok"]);
  });

  it.each([
    ["without bytes", { bytes: 0, open: () => new Uint8Array(0) }, "ok"],
    ["without events", { bytes: 1, open: () => Uint8Array.of(0xc0) }, "ok"],
    ["that was withdrawn", { bytes: 1, open: () => undefined }, "retry"],
  ])("with partition_key is kept across a chunk %s", async (_, between, outcome) => {
    const { flush, instance, service, underWay } = heldOutput({ options: keyed });
    const first = flush(chunk("first"), "tag");
    expect(await instance.flush(between, "tag", false)).toBe(outcome);
    const last = flush(chunk("last"), "tag");
    await settled();
    expect(underWay()).toEqual([["first"]]);
    await service.answer(0);
    expect(underWay()).toEqual([["last"]]);
    await service.answer(0);
    expect(await Promise.all([first, last])).toEqual(["ok", "ok"]);
  });
});

describe("experimental_concurrency", () => {
  it.each([1, 2, 3])("of %i allows that many chunks under way; the others wait, and each gets its own reply", async (bound) => {
    const { flush, instance, service, underWay } = heldOutput({ options: { ...raw, experimental_concurrency: `${bound}` } });
    const names = ["a", "b", "c", "d"];
    const opened: string[] = [];
    const outcomes = Promise.all(names.map((name) => {
      const open = () => {
        opened.push(name);
        return chunk(name);
      };
      return instance.flush({ bytes: chunk(name).length, open }, "tag", false);
    }));
    await settled();
    expect(underWay()).toEqual(names.slice(0, bound).map((name) => [name]));
    expect(opened, "waiting chunks stay in Fluent Bit").toEqual(names.slice(0, bound));
    await service.answer(0, denied);
    expect(opened).toEqual(names.slice(0, bound + 1));
    await service.answerAll();
    expect(await outcomes).toEqual(["retry", "ok", "ok", "ok"]);
    const again = flush(chunk("again"));
    await service.answerAll();
    expect(await again).toBe("ok");
  });
});

describe("the memory for records", () => {
  const text = "x".repeat(10_000);

  it("lets the next chunk of an output be opened only when there is room, and the first chunk of another output immediately", async () => {
    const clock = new HeldClock();
    const shared = sharedMemory({ now: clock.now, budgetBytes: 24_000 });
    const [one, other] = [heldOutput({ options: raw, clock, shared }), heldOutput({ options: raw, clock, shared })];
    const outcomes = Promise.all([one.flush(chunk(text)), one.flush(chunk(text)), other.flush(chunk(text))]);
    await settled();
    expect([one, other].map(({ underWay }) => underWay().length)).toEqual([1, 1]);
    await other.service.answer(0);
    expect(one.underWay()).toHaveLength(2);
    await one.service.answerAll();
    expect(await outcomes).toEqual(["ok", "ok", "ok"]);
    expect(shared.turns.heldBytes).toBe(0);
  });

  it("counts a chunk's actual records and entries, instead of its estimate, once they are encoded", async () => {
    const clock = new HeldClock();
    const shared = sharedMemory({ now: clock.now });
    const { flush, service } = heldOutput({ options: raw, clock, shared });
    const outcome = flush(chunk(text));
    await settled();
    expect(shared.turns.heldBytes).toBe(text.length + 5 * 4 * minCapacity + 24);
    await service.answerAll();
    expect(await outcome).toBe("ok");
    expect(shared.turns.heldBytes).toBe(0);
  });

  it.each([
    ["without aggregation takes a quarter more than", {}, 1.25],
    ["with aggregation takes two and a half times as much as", { aggregation: "true" }, 2.5],
  ])("%s the chunk", async (_, options, times) => {
    const clock = new HeldClock();
    const shared = sharedMemory({ now: clock.now });
    const one = chunk(text);
    expect(await scriptedInstance({ options: { ...raw, ...options }, clock, shared }).flush(one)).toBe("ok");
    expect(shared.sinks.keptBytes / one.length).toBeCloseTo(times, 2);
  });

  it("with aggregation takes no more of the pool when a refused aggregate is taken apart", async () => {
    const clock = new HeldClock();
    const shared = sharedMemory({ now: clock.now });
    const one = chunk(text, text);
    const { flush, client } = scriptedInstance({ options: { ...raw, aggregation: "true" }, clock, shared, script: [requestFailed("ValidationException", "content")] });
    expect(await flush(one)).toBe("ok");
    expect(client.requests.map(allTextsIn)).toEqual([[text, text], [text, text]]);
    expect(shared.sinks.keptBytes / one.length).toBeCloseTo(2.5, 2);
  });

  it.each([
    ["is delivered", allTaken, "ok"],
    ["is to be retried by Fluent Bit", denied, "retry"],
  ])("is free again, and the sink is back in the pool, when a chunk %s", async (_, response, outcome) => {
    const clock = new HeldClock();
    const shared = sharedMemory({ now: clock.now });
    const { flush } = scriptedInstance({ options: raw, clock, shared, afterwards: response });
    expect(await flush(chunk(text))).toBe(outcome);
    expect(shared.turns.heldBytes).toBe(0);
    expect(shared.sinks.keptBytes).toBeGreaterThan(text.length);
  });
});

describe("encoding", () => {
  /** Notes when a record is encoded and when a request starts. Outputs share a network that runs when the test says so. */
  function noted(options: Readonly<Record<string, string>>) {
    const events: string[] = [];
    const clock = new HeldClock();
    const networks: (() => void)[] = [];
    const letNetworkRun = () => new Promise<void>((resolve) => void networks.push(resolve));
    const shared: SharedMemory = sharedMemory({ now: clock.now, letNetworkRun });
    const output = (name: string) => scriptedInstance({
      options: { ...options, compression: "gzip" },
      clock,
      shared,
      compress: () => void events.push(`${name} encodes a record`),
      afterwards: () => {
        events.push(`${name} sends a request`);
        return allTaken;
      },
    });
    const runNetwork = async () => {
      networks.shift()?.();
      await settled();
    };
    return { events, output, runNetwork };
  }

  it.each([
    ["without partition_key", raw],
    ["with partition_key", keyed],
  ])("of the second chunk starts after the first request of the first chunk has started and the network has run, %s", async (_, options) => {
    const { events, output, runNetwork } = noted(options);
    const { flush } = output("it");
    const outcomes = Promise.all([flush(chunk("a", "b"), "x"), flush(chunk("c"), "y")]);
    await settled();
    expect(events, "the network comes first").toEqual([]);
    await runNetwork();
    expect(events.splice(0)).toEqual(["it encodes a record", "it encodes a record", "it sends a request"]);
    await runNetwork();
    expect(events).toEqual(["it encodes a record", "it sends a request"]);
    expect(await outcomes).toEqual(["ok", "ok"]);
  });

  it("handles one chunk at a time, also for two outputs", async () => {
    const { events, output, runNetwork } = noted(raw);
    const outcomes = Promise.all([output("one").flush(chunk("a")), output("other").flush(chunk("b"))]);
    await settled();
    await runNetwork();
    expect(events.splice(0)).toEqual(["one encodes a record", "one sends a request"]);
    await runNetwork();
    expect(events).toEqual(["other encodes a record", "other sends a request"]);
    expect(await outcomes).toEqual(["ok", "ok"]);
  });
});

describe("a chunk that waits for its turn while the service does not respond", () => {
  it.each([
    [9999, ["retry", "ok"], [["first"], ["waiting"]]],
    [10_000, ["retry", "retry"], [["first"]]],
  ])("for %i ms while another chunk times out: the replies to both are %j", async (waitedMs, outcomes, requests) => {
    const clock = new HeldClock();
    const { flush, service, sent } = heldOutput({ options: { ...raw, experimental_concurrency: "1" }, clock });
    const flushes = Promise.all([flush(chunk("first")), flush(chunk("waiting"))]);
    await clock.advance(waitedMs);
    await service.answer(0, timedOut);
    await service.answerAll();
    expect(await flushes).toEqual(outcomes);
    expect(sent()).toEqual(requests);
  });

  it("goes on waiting when the service accepts records after the time-out", async () => {
    const clock = new HeldClock();
    const { flush, service } = heldOutput({ options: { ...raw, experimental_concurrency: "2" }, clock });
    const flushes = Promise.all([flush(chunk("silent")), flush(chunk("taken")), flush(chunk("waiting"))]);
    await clock.advance(20_000);
    const [silent, taken] = [...service.underWay];
    silent?.answer(timedOut);
    taken?.answer(allTaken);
    await service.answerAll();
    expect(await flushes).toEqual(["retry", "ok", "ok"]);
  });
});

describe("the memory of partial deliveries", () => {
  it("knows the unsent events of each of many chunks that failed in parallel", async () => {
    const { flush, service, sent } = heldOutput({ options: raw });
    const names = ["a", "b", "c", "d", "e"];
    const chunks = names.map((name) => chunk(`${name}1`, `${name}2`, `${name}3`));
    const first = Promise.all(chunks.map((one) => flush(one)));
    await settled();
    // One record of each chunk fails, and then permanently in the second round.
    await service.answerAll((entries) => (entries.length === 3 ? failedAt(1) : denied));
    expect(await first).toEqual(names.map(() => "retry"));
    const before = sent().length;
    const second = Promise.all([...chunks].reverse().map((one) => flush(one)));
    await service.answerAll();
    expect(await second).toEqual(names.map(() => "ok"));
    expect(sent().slice(before)).toEqual([...names].reverse().map((name) => [`${name}2`]));
  });

  it("sends each event of two equal chunks exactly twice in total when both fail partly at the same time", async () => {
    const { flush, service, sent } = heldOutput({ options: raw });
    const same = chunk("1", "2", "3");
    const first = Promise.all([flush(same), flush(same)]);
    await settled();
    await service.answer(0, failedAt(0));
    await service.answer(0, failedAt(2));
    await service.answerAll(() => denied);
    expect(await first).toEqual(["retry", "retry"]);
    const before = sent().length;
    const second = Promise.all([flush(same), flush(same)]);
    await service.answerAll();
    expect(await second).toEqual(["ok", "ok"]);
    expect(sent().slice(before).sort()).toEqual([["1"], ["3"]]);
  });
});
