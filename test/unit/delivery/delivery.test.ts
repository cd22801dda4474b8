// Delivery in rounds: which entries are sent again, when, for how long, and which remain.
import { describe, expect, it } from "vitest";
import { limitsFor, maxRecordBytes } from "../../../src/limits.js";
import type { RetryPolicy } from "../../../src/delivery/delivery.js";
import { deliver, type ViewDelivery } from "../../support/delivered_entries.js";
import type { EntryView } from "../../../src/pack/entry_table.js";
import { JumpingClock } from "../../support/fake_clock.js";
import { windowOf } from "../../support/request_window.js";
import {
  allTaken,
  entriesOf,
  entryOf,
  failedAt,
  failedWith,
  keysOf,
  requestFailed,
  ScriptedClient,
  type Step,
} from "../../support/scripted_client.js";

const { maxRequestBytes } = limitsFor(maxRecordBytes);
const takeApart = () => [];
/** A plain delivery: no order, one request at a time. */
const plain = { takeApart, maxRequestBytes, order: "none" } as const;
const patient: RetryPolicy = { budgetMs: 1_000_000, firstBackoffMs: 100, maxBackoffMs: 1000 };

interface Run {
  readonly client: ScriptedClient;
  readonly clock: JumpingClock;
  readonly delivery: ViewDelivery;
  readonly requestKeys: readonly string[][];
}

async function run(entries: readonly EntryView[], client: ScriptedClient, policy = patient, random = 0.5): Promise<Run> {
  const clock = new JumpingClock();
  const delivery = await deliver(entries, policy, { ...plain, client, window: windowOf(), now: clock.now, sleep: clock.sleep, random: () => random });
  return { client, clock, delivery, requestKeys: client.requests.map(keysOf) };
}

function runScript(count: number, script: readonly Step[], policy = patient): Promise<Run> {
  return run(entriesOf(count), new ScriptedClient(script), policy);
}

describe("a chunk whose entries are all accepted", () => {
  it("is delivered with one request per batch, in order", async () => {
    const { delivery, requestKeys, clock } = await runScript(1001, []);
    expect(delivery).toEqual({ kind: "delivered", delivered: 1001, deliveredRecords: 1001, strayed: 0, refused: [], retryRounds: 0, behindMs: 0 });
    expect(requestKeys.map((keys) => keys.length)).toEqual([500, 500, 1]);
    expect(requestKeys.flat()).toEqual(keysOf(entriesOf(1001)));
    expect(clock.slept).toEqual([]);
  });

  it("needs no request when the chunk is empty", async () => {
    const { delivery, requestKeys } = await runScript(0, []);
    expect(delivery).toEqual({ kind: "delivered", delivered: 0, deliveredRecords: 0, strayed: 0, refused: [], retryRounds: 0, behindMs: 0 });
    expect(requestKeys).toEqual([]);
  });
});

describe("an endpoint that accepts requests of up to 5 MiB, as the service once did,", () => {
  const takesFiveMebibytes = (entries: readonly EntryView[]) => {
    const bytes = entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    return bytes > 5 * 1024 * 1024 ? requestFailed("InvalidArgumentException", "content") : allTaken;
  };

  it.each([
    [5 * 1024 * 1024 - 1, [1]],
    [5 * 1024 * 1024, [1]],
    [5 * 1024 * 1024 + 1, [2, 1, 1]],
  ])("gets a larger request in halves: %i bytes in requests of %j entries", async (bytes, expected) => {
    const count = expected[0] as number;
    const entries = entriesOf(count, bytes / count);
    const { delivery, requestKeys } = await run(entries, new ScriptedClient([], takesFiveMebibytes));
    expect(delivery).toMatchObject({ kind: "delivered", delivered: count, refused: [], retryRounds: 0, behindMs: 0 });
    expect(requestKeys.map(({ length }) => length)).toEqual(expected);
  });

  it("gets each entry once and in order, even when many requests are too large", async () => {
    const entries = entriesOf(25, 1024 * 1024);
    const { delivery, client } = await run(entries, new ScriptedClient([], takesFiveMebibytes));
    expect(delivery).toMatchObject({ kind: "delivered", delivered: 25, refused: [], retryRounds: 0, behindMs: 0 });
    const taken = client.requests.filter((request) => takesFiveMebibytes(request).kind === "answered");
    expect(taken.flatMap(keysOf)).toEqual(keysOf(entries));
  });
});

describe("a partial failure", () => {
  it.each(["ProvisionedThroughputExceededException", "InternalFailure", "KMSDisabledException", "Whatever"])(
    "with %s sends only the failed entries again",
    async (code) => {
      const { delivery, requestKeys } = await runScript(5, [failedWith(code, 1, 3)]);
      expect(requestKeys).toEqual([["0", "1", "2", "3", "4"], ["1", "3"]]);
      expect(delivery).toEqual({ kind: "delivered", delivered: 5, deliveredRecords: 5, strayed: 0, refused: [], retryRounds: 1, behindMs: 0 });
    },
  );

  it("sends the failed entries again as often as they fail, in the records' order", async () => {
    const { requestKeys } = await runScript(4, [failedAt(0, 2, 3), failedAt(1, 2), failedAt(0), allTaken]);
    expect(requestKeys).toEqual([["0", "1", "2", "3"], ["0", "2", "3"], ["2", "3"], ["2"]]);
  });

  it("of several batches sends all failed entries in one batch, after each batch was sent once", async () => {
    const { requestKeys, delivery } = await runScript(1200, [failedAt(7), failedAt(0, 499), failedAt(199)]);
    expect(requestKeys.map((keys) => keys.length)).toEqual([500, 500, 200, 4]);
    expect(requestKeys[3]).toEqual(["7", "500", "999", "1199"]);
    expect(delivery).toEqual({ kind: "delivered", delivered: 1200, deliveredRecords: 1200, strayed: 0, refused: [], retryRounds: 1, behindMs: 0 });
  });

  it("in the last batch alone does not count as a success", async () => {
    const none: RetryPolicy = { ...patient, budgetMs: 0 };
    const { delivery } = await runScript(501, [allTaken, failedAt(0)], none);
    expect(delivery).toMatchObject({ kind: "remaining", delivered: 500, failure: { code: "InternalFailure" } });
  });

  it("that never ends leaves the failed entries, with the reason", async () => {
    const client = new ScriptedClient([], (entries) => failedWith("InternalFailure", entries.length - 1));
    const { delivery } = await run(entriesOf(3), client, { ...patient, budgetMs: 1000 });
    expect(delivery).toMatchObject({
      kind: "remaining",
      delivered: 2,
      remaining: [{ partitionKey: "2" }],
      failure: { code: "InternalFailure", message: "InternalFailure at 0" },
    });
  });
});

describe("a request that fails as a whole", () => {
  it("with a transient failure ends its round; the next round sends its entries and all later ones", async () => {
    const { requestKeys, delivery } = await runScript(1001, [failedAt(3), requestFailed("ECONNRESET", "transient")]);
    expect(requestKeys.map((keys) => keys.length)).toEqual([500, 500, 500, 2]);
    expect(requestKeys.slice(2).flat()).toEqual(["3", ...keysOf(entriesOf(1001).slice(500))]);
    expect(delivery).toEqual({ kind: "delivered", delivered: 1001, deliveredRecords: 1001, strayed: 0, refused: [], retryRounds: 1, behindMs: 0 });
  });

  it("keeps the order of all later entries", async () => {
    const { requestKeys } = await runScript(2500, [failedAt(499), requestFailed("ECONNRESET", "transient")]);
    expect(requestKeys.slice(2).flat()).toEqual(keysOf(entriesOf(2500).slice(499)));
  });

  it("with a permanent failure ends the delivery immediately, without a wait", async () => {
    const { delivery, requestKeys, clock } = await runScript(1001, [
      failedAt(1),
      requestFailed("ResourceNotFoundException", "setup"),
    ]);
    expect(requestKeys).toHaveLength(2);
    expect(clock.slept).toEqual([]);
    expect(delivery).toMatchObject({
      kind: "remaining",
      delivered: 499,
      failure: { code: "ResourceNotFoundException", message: "ResourceNotFoundException happened" },
    });
    const remaining = delivery.kind === "remaining" ? delivery.remaining : [];
    expect(keysOf(remaining)).toEqual(["1", ...keysOf(entriesOf(1001).slice(500))]);
  });
});

/** A service that refuses each request with one of these keys. */
function refusing(...keys: readonly string[]): ScriptedClient {
  return new ScriptedClient([], (entries) =>
    keysOf(entries).some((key) => keys.includes(key)) ? requestFailed("ValidationException", "content") : allTaken,
  );
}

describe("an entry that the service refuses", () => {
  it.each([["0"], ["7"], ["499"], ["500"], ["1000"]])("(number %s) is found by halving, and each other entry is accepted once, in order", async (key) => {
    const client = refusing(key);
    const { delivery, clock } = await run(entriesOf(1001), client);
    expect(delivery).toMatchObject({ kind: "delivered", delivered: 1000 });
    expect(delivery.refused.map(({ entry, failure }) => [entry.partitionKey, failure.code])).toEqual([[key, "ValidationException"]]);
    expect(client.requests.length).toBeLessThanOrEqual(3 + 2 * 9);
    expect(clock.slept).toEqual([]);
    const taken = client.requests.map(keysOf).filter((keys) => !keys.includes(key));
    expect(taken.flat()).toEqual(keysOf(entriesOf(1001)).filter((other) => other !== key));
  });

  it("does not prevent retries of entries that failed for other reasons", async () => {
    const client = new ScriptedClient([requestFailed("ValidationException", "content"), failedAt(0), requestFailed("ValidationException", "content")]);
    const { delivery } = await run(entriesOf(2), client);
    expect(client.requests.map(keysOf)).toEqual([["0", "1"], ["0"], ["1"], ["0"]]);
    expect(delivery).toMatchObject({ kind: "delivered", delivered: 1, refused: [{ entry: { partitionKey: "1" } }] });
  });

  it("counts as refused when it is alone in the chunk", async () => {
    const { delivery } = await run(entriesOf(1), refusing("0"));
    expect(delivery).toMatchObject({ kind: "delivered", delivered: 0, refused: [{ entry: { partitionKey: "0" } }] });
  });

  it.each([
    [9, "delivered", 9],
    [10, "remaining", 0],
    [11, "remaining", 0],
  ] as const)("(%i entries, none accepted) ends the delivery as %s, with %i entries refused", async (count, kind, refused) => {
    const { delivery } = await run(entriesOf(count), refusing(...keysOf(entriesOf(count))));
    expect(delivery).toMatchObject({ kind, delivered: 0 });
    expect(delivery.refused).toHaveLength(refused);
    if (delivery.kind === "remaining") expect(keysOf(delivery.remaining).sort()).toEqual(keysOf(entriesOf(count)).sort());
  });

  it.each([10, 25, 500])("at the head of a chunk, one of %i, does not prevent delivery of the others", async (bad) => {
    const { delivery } = await run(entriesOf(bad + 100), refusing(...keysOf(entriesOf(bad))));
    expect(delivery).toMatchObject({ kind: "delivered", delivered: 100 });
    expect(delivery.refused).toHaveLength(bad);
  });

  it("costs few requests among 2000 entries that are all refused", async () => {
    const client = refusing(...keysOf(entriesOf(2000)));
    const { delivery } = await run(entriesOf(2000), client);
    expect(delivery).toMatchObject({ kind: "remaining", delivered: 0, refused: [] });
    expect(client.requests.length).toBeLessThan(40);
    expect(delivery.kind === "remaining" && keysOf(delivery.remaining).sort()).toEqual(keysOf(entriesOf(2000)).sort());
  });

  it("is split into its user records when it is an aggregate", async () => {
    const aggregate = entryOf("aggregate", 10, [0, 1, 2]);
    const client = refusing("aggregate", "1");
    const takeParts = (entry: EntryView) => (entry === aggregate ? entriesOf(3) : []);
    const clock = new JumpingClock();
    const dependencies = { ...plain, client, window: windowOf(), now: clock.now, sleep: clock.sleep, random: () => 0.5 };
    const delivery = await deliver([aggregate, entryOf("other")], patient, { ...dependencies, takeApart: takeParts });
    expect(delivery).toMatchObject({ kind: "delivered", delivered: 3, refused: [{ entry: { partitionKey: "1" } }] });
    expect(client.requests.map(keysOf)).toEqual([["aggregate", "other"], ["aggregate"], ["0", "1", "2"], ["0"], ["1", "2"], ["1"], ["2"], ["other"]]);
  });

  it("counts as refused, like 19 others, after one entry was accepted", async () => {
    const { delivery } = await run(entriesOf(21), refusing(...keysOf(entriesOf(21)).slice(1)));
    expect(delivery).toMatchObject({ kind: "delivered", delivered: 1 });
    expect(delivery.refused).toHaveLength(20);
  });
});

describe("the waits between rounds", () => {
  const failing = () => new ScriptedClient([], requestFailed("InternalFailure", "transient"));

  it.each([
    [0.5, [50, 100, 200, 400, 500, 500]],
    [0.999, [99.9, 199.8, 399.6, 799.2, 999, 999]],
    [0.1, [10, 20, 40, 80, 100, 100]],
  ])("are a random part (%d) of a ceiling that doubles up to the maximum", async (random, expected) => {
    const { clock } = await run(entriesOf(1), failing(), { ...patient, budgetMs: 5000 }, random);
    clock.slept.slice(0, 6).forEach((ms, index) => expect(ms).toBeCloseTo(expected[index] as number));
  });

  it("use a new random number for each round", async () => {
    const clock = new JumpingClock();
    const draws = [0.1, 0.9, 0.5];
    const client = new ScriptedClient([failedAt(0), failedAt(0), failedAt(0)]);
    const random = () => draws.shift() as number;
    await deliver(entriesOf(1), patient, { ...plain, client, window: windowOf(), now: clock.now, sleep: clock.sleep, random });
    expect(clock.slept).toEqual([10, 180, 200]);
  });

  it.each([
    [99, 1],
    [100, 1],
    [101, 2],
    [200, 2],
    [201, 3],
  ])("of 100 ms, with a budget of %i ms, allow %i requests", async (budgetMs, requests) => {
    const policy = { budgetMs, firstBackoffMs: 200, maxBackoffMs: 200 };
    const { client, delivery } = await run(entriesOf(1), failing(), policy);
    expect(client.requests).toHaveLength(requests);
    expect(delivery.kind).toBe("remaining");
  });

  it.each([
    [399, 2],
    [400, 1],
    [401, 1],
  ])("share the budget with the time of a request (%i ms)", async (requestMs, requests) => {
    const clock = new JumpingClock();
    const client = new ScriptedClient([], () => {
      clock.nowMs += requestMs;
      return requestFailed("TimeoutError", "transient");
    });
    const policy = { budgetMs: 500, firstBackoffMs: 200, maxBackoffMs: 200 };
    await deliver(entriesOf(1), policy, { ...plain, client, window: windowOf(), now: clock.now, sleep: clock.sleep, random: () => 0.5 });
    expect(client.requests).toHaveLength(requests);
  });

  it.each([0, 0.5])("do not loop when the budget is used up and the wait is 0 ms (random %d)", async (random) => {
    const { client } = await run(entriesOf(1), failing(), { budgetMs: 0, firstBackoffMs: 0, maxBackoffMs: 0 }, random);
    expect(client.requests).toHaveLength(1);
  });

  it("are at least as long as the service requests", async () => {
    const busy = { ...requestFailed("ServiceUnavailable", "transient"), retryAfterMs: 700 };
    const { clock, delivery } = await runScript(1, [busy, failedAt(0)]);
    expect(clock.slept).toEqual([700, 100]);
    expect(delivery).toMatchObject({ kind: "delivered" });
  });

  it("end the delivery when the service requests more than the budget", async () => {
    const busy = { ...requestFailed("ServiceUnavailable", "transient"), retryAfterMs: 1000 };
    const { clock, delivery } = await runScript(1, [busy], { ...patient, budgetMs: 1000 });
    expect(clock.slept).toEqual([]);
    expect(delivery).toMatchObject({ kind: "remaining", failure: { code: "ServiceUnavailable" } });
  });
});

describe("a hundred thousand entries", () => {
  it.each([
    ["all entries failed", (entries: readonly EntryView[]) => failedAt(...entries.keys())],
    ["no response", requestFailed("ECONNREFUSED", "transient")],
  ])("do not overflow the stack with %s", async (_, step) => {
    const entries = entriesOf(100_000, maxRecordBytes);
    const { delivery } = await run(entries, new ScriptedClient([], step), { ...patient, budgetMs: 60 });
    expect(delivery).toMatchObject({ kind: "remaining", delivered: 0 });
    expect(delivery.kind === "remaining" && keysOf(delivery.remaining)).toEqual(keysOf(entries));
  });
});
