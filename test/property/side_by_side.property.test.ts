// Property: concurrent requests, with responses in any order and any failures, lose no record and send no delivered record
// again; the order of keys and the limits of requests and bytes are kept.
import fc from "fast-check";
import { expect, it } from "vitest";
import { ByteBudget } from "../../src/bytes/byte_budget.js";
import type { EntryView } from "../../src/pack/entry_table.js";
import { deliver, type ViewDelivery } from "../support/delivered_entries.js";
import type { SendOrder } from "../../src/delivery/lanes.js";
import { cutBatches, cutLanes } from "../support/cut_entries.js";
import type { PutRecordsOutcome } from "../../src/delivery/kinesis_client.js";
import { bodyBytesOf, RequestWindow } from "../../src/delivery/request_window.js";
import { entryOf, tableOf } from "../support/entry.js";
import { JumpingClock, settled } from "../support/fake_clock.js";
import { HeldClient, type HeldRequest } from "../support/held_client.js";
import { allTaken, failedWith, requestFailed } from "../support/scripted_client.js";

const throttling = "ProvisionedThroughputExceededException";
const orders = fc.constantFrom<SendOrder>("none", "by key", "one after another");
const maxRequestBytes = 100;

const entries = fc.record({
  key: fc.constantFrom("a", "b", "c", "d", "1", undefined),
  shard: fc.constantFrom("s1", "s2", "s3"),
  sizeBytes: fc.integer({ min: 1, max: maxRequestBytes }),
  records: fc.integer({ min: 1, max: 3 }),
  /** The higher, the fewer chunks in which the entry is refused. */
  health: fc.nat(25),
});
const chunks = fc.record({
  contents: fc.array(entries, { maxLength: 60 }),
  isSharded: fc.boolean(),
  order: orders,
  output: fc.nat(1),
  maxRounds: fc.nat(4),
  /** Entries with less health are refused: none, few, most or all. */
  poison: fc.constantFrom(0, 0, 1, 22, 26),
});

/** The outcome of a request: which of its entries fail (a repeating pattern) and why, or why the whole request fails. */
const behaviours = fc.oneof(
  { weight: 4, arbitrary: fc.constant(allTaken) },
  { weight: 3, arbitrary: fc.record({ failing: fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }), code: fc.constantFrom(throttling, "InternalFailure") }) },
  { weight: 1, arbitrary: fc.constantFrom(requestFailed("ECONNRESET", "transient"), requestFailed(throttling, "transient")) },
  { weight: 1, arbitrary: fc.constant(requestFailed("AccessDeniedException", "setup")) },
  { weight: 1, arbitrary: fc.constant(requestFailed("ValidationException", "content")) },
);
type Behaviour = typeof behaviours extends fc.Arbitrary<infer Value> ? Value : never;

function outcomeOf(behaviour: Behaviour, sent: readonly EntryView[], isPoison: (entry: EntryView) => boolean): PutRecordsOutcome {
  if (sent.some(isPoison)) return requestFailed("ValidationException", "content");
  if (!("failing" in behaviour)) return behaviour;
  const { failing, code } = behaviour;
  return failedWith(code, ...[...sent.keys()].filter((index) => failing[index % failing.length] === true));
}

/** Checks each request, and fails on entries that must not be sent. */
class Watch {
  readonly settledEntries = new Set<EntryView>();
  readonly #order: SendOrder;
  readonly #positions: Map<EntryView, number>;
  readonly partsOf = new Map<EntryView, readonly EntryView[]>();
  /** For each ordering key, the position of the entry sent last in the first round. */
  readonly #latest = new Map<string, number>();
  hasFailed = false;

  constructor(order: SendOrder, sent: readonly EntryView[]) {
    this.#order = order;
    this.#positions = new Map(sent.map((entry, position) => [entry, position]));
  }

  /** Records that an aggregate was divided. */
  takeApart(aggregate: EntryView, parts: readonly EntryView[]): readonly EntryView[] {
    this.partsOf.set(aggregate, parts);
    for (const part of parts) this.#positions.set(part, this.#positions.get(aggregate) ?? 0);
    return parts;
  }

  has(entry: EntryView): boolean {
    return this.#positions.has(entry);
  }

  keyOf({ shardId, partitionKey }: EntryView): string | undefined {
    if (this.#order === "none") return undefined;
    return this.#order === "one after another" ? "all" : (shardId ?? partitionKey);
  }

  starts(request: readonly EntryView[], underWay: readonly HeldRequest[]): void {
    const own = underWay.flatMap((other) => (other.entries === request ? [] : other.entries)).filter((entry) => this.#positions.has(entry));
    const busy = new Set(own.map((entry) => this.keyOf(entry)));
    for (const entry of request) {
      expect(this.settledEntries.has(entry), "a taken or refused entry is not sent again").toBe(false);
      expect(own.includes(entry), "an entry is not under way twice").toBe(false);
      const key = this.keyOf(entry);
      if (key === undefined) continue;
      expect(busy.has(key), "a key is in one request at a time").toBe(false);
      const position = this.#positions.get(entry) ?? -1;
      if (!this.hasFailed) expect(position).toBeGreaterThan(this.#latest.get(key) ?? -1);
      this.#latest.set(key, position);
    }
  }

  ends(request: readonly EntryView[], outcome: PutRecordsOutcome): void {
    if (outcome.kind === "failed" || outcome.failed.length > 0) this.hasFailed = true;
    if (outcome.kind === "failed") return;
    const failed = new Set(outcome.failed.map(({ index }) => index));
    for (const [index, entry] of request.entries()) if (!failed.has(index)) this.settledEntries.add(entry);
  }
}

it("chunks of two outputs are delivered concurrently without loss, duplicates or disorder, within all limits", async () => {
  const script = fc.array(fc.record({ place: fc.nat(100), behaviour: behaviours }), { maxLength: 150 });
  const settings = fc.record({ maxRequests: fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 })), maxBodyBytes: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: 1, max: 1500 })), isCalm: fc.boolean(), endsAfter: fc.option(fc.nat(60)) });
  await fc.assert(fc.asyncProperty(settings, fc.array(chunks, { minLength: 1, maxLength: 4 }), script, async ({ maxRequests, maxBodyBytes, isCalm, endsAfter }, contents, plan) => {
    const bodies = new ByteBudget(maxBodyBytes);
    const windows = maxRequests.map((count) => new RequestWindow({ maxRequests: count, bodies }));
    const poison = new Set<EntryView>();
    const all = contents.map(({ contents: given, isSharded, poison: limit }) => given.map(({ key, shard, sizeBytes, records, health }, event) => {
      const events = records === 1 || !isSharded ? event : Array.from({ length: records }, () => event);
      const entry = entryOf({ partitionKey: key, shardId: isSharded ? shard : undefined, sizeBytes, events });
      if (health < limit && !isCalm) poison.add(entry);
      return entry;
    }));
    /** A poisoned aggregate holds one poisoned record. */
    const takeApart = (watch: Watch) => (aggregate: EntryView) => {
      const parts = [0, 1, 2].map((event) => entryOf({ sizeBytes: 5, events: event }));
      if (poison.has(aggregate)) poison.add(parts[1] as EntryView);
      return watch.takeApart(aggregate, parts);
    };
    const watches = all.map((chunk, index) => new Watch(contents[index]?.order ?? "none", chunk));
    const watchOf = (sent: readonly EntryView[]) => watches.find((watch) => watch.has(sent[0] as EntryView)) as Watch;
    const windowOf = (sent: readonly EntryView[]) => contents[watches.indexOf(watchOf(sent))]?.output as number;
    const client: HeldClient = new HeldClient((sent) => {
      const window = windows[windowOf(sent)] as RequestWindow;
      const ofWindow = client.underWay.filter((request) => windowOf(request.entries) === windowOf(sent));
      // A request that waits for bytes keeps its place when the window shrinks meanwhile.
      expect(ofWindow.length).toBeLessThanOrEqual(maxBodyBytes === Number.POSITIVE_INFINITY ? window.limit : window.maxRequests);
      const bytes = client.underWay.reduce((sum, request) => sum + bodyBytesOf(...tableOf(request.entries)), 0);
      // The first request of each output is always sent, independent of the bytes that others hold.
      const firsts = windows.map((_, index) => client.underWay.filter((request) => windowOf(request.entries) === index));
      const beyond = firsts.reduce((sum, requests) => sum + Math.max(0, ...requests.map(({ entries }) => bodyBytesOf(...tableOf(entries)))), 0);
      expect(bytes, "the bytes of requests under way are within the budget").toBeLessThanOrEqual(maxBodyBytes + beyond);
      expect(sent.length).toBeGreaterThan(0);
      expect(sent.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)).toBeLessThanOrEqual(maxRequestBytes);
      watchOf(sent).starts(sent, client.underWay);
    });
    const clock = new JumpingClock();
    const deliveries = all.map((chunk, index) => {
      const { output = 0, maxRounds = 0, isSharded = false, order: kept = "none" } = contents[index] ?? {};
      const order = kept === "by key" && isSharded ? "by shard" : kept;
      const policy = { budgetMs: 1_000_000, firstBackoffMs: 100, maxBackoffMs: 1000, maxRounds };
      const window = windows[output] as RequestWindow;
      return deliver(chunk, policy, {
        client, window, order, maxRequestBytes, takeApart: takeApart(watches[index] as Watch), now: clock.now, sleep: clock.sleep, random: () => 0.5,
      });
    });
    const finished = Promise.all(deliveries);
    // Awaited below, when all requests have their outcomes.
    finished.catch(() => undefined);
    await settled();
    for (let step = 0; client.underWay.length > 0; step++) {
      if (step === endsAfter) windows[0]?.end();
      const { place, behaviour } = plan[step] ?? { place: 0, behaviour: allTaken };
      const request = client.underWay[place % client.underWay.length] as HeldRequest;
      const outcome = isCalm ? allTaken : outcomeOf(behaviour, request.entries, (entry) => poison.has(entry));
      watchOf(request.entries).ends(request.entries, outcome);
      request.answer(outcome);
      await settled();
    }
    const results = await finished;
    expect(bodies.held).toBe(0);
    for (const window of windows) expect(window.underWay).toBe(0);
    results.forEach((delivery, index) => checkDelivery(delivery, all[index] as EntryView[], watches[index] as Watch));
    if (isCalm && endsAfter === null) for (const delivery of results) expect(delivery.kind).toBe("delivered");
  }), { numRuns: 400 });
}, 120_000);

function checkDelivery(delivery: ViewDelivery, given: readonly EntryView[], { settledEntries, partsOf }: Watch): void {
  const chunk = given.flatMap((entry) => partsOf.get(entry) ?? [entry]);
  const remaining = delivery.kind === "remaining" ? delivery.remaining : [];
  const refused = delivery.refused.map(({ entry }) => entry);
  const delivered = chunk.filter((entry) => settledEntries.has(entry));
  expect(delivery.delivered).toBe(delivered.length);
  expect(delivery.deliveredRecords).toBe(delivered.reduce((sum, { events }) => sum + events.length, 0));
  const rest = chunk.filter((entry) => !settledEntries.has(entry));
  expect(remaining.length + refused.length).toBe(rest.length);
  expect(new Set([...remaining, ...refused])).toEqual(new Set(rest));
  expect(remaining, "the rest is in the order of the chunk").toEqual(chunk.filter((entry) => remaining.includes(entry)));
  if (delivery.kind === "remaining") expect(remaining.length).toBeGreaterThan(0);
  if (delivery.delivered === 0) expect(refused.length, "so many refusals are not believed").toBeLessThan(10);
}

it("lanes have each entry once and each key in one lane, in order, with few more batches than without lanes", () => {
  const keyed = fc.array(fc.record({ key: fc.integer({ min: 0, max: 30 }), sizeBytes: fc.nat(100) }), { maxLength: 120 });
  const limits = fc.record({ maxRecords: fc.integer({ min: 1, max: 12 }), maxBytes: fc.integer({ min: 100, max: 400 }) });
  fc.assert(fc.property(keyed, limits, orders, fc.integer({ min: 1, max: 50 }), (contents, given, order, maxRequests) => {
    const chunk = contents.map(({ key, sizeBytes }, event) => {
      return entryOf({ partitionKey: key === 0 ? undefined : String(key), sizeBytes, events: event });
    });
    const lanes = cutLanes(chunk, given, order, maxRequests).map(({ batches }) => batches);
    const without = cutBatches(chunk, given);
    const sent = lanes.map((lane) => lane.flat());
    expect(new Set(sent.flat())).toEqual(new Set(chunk));
    expect(sent.flat()).toHaveLength(chunk.length);
    for (const lane of sent) expect(lane).toEqual(chunk.filter((entry) => lane.includes(entry)));
    for (const batch of lanes.flat()) {
      expect(batch.length).toBeGreaterThan(0);
      expect(batch.length).toBeLessThanOrEqual(given.maxRecords);
      expect(batch.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)).toBeLessThanOrEqual(given.maxBytes);
    }
    expect(lanes.flat().length).toBeLessThanOrEqual(without.length + Math.max(lanes.length - 1, 0));
    if (order === "none") expect(lanes).toEqual(without.map((batch) => [batch]));
    if (order === "one after another") expect(lanes).toEqual(without.length > 0 ? [without] : []);
    if (order !== "by key") return;
    expect(lanes.length).toBeLessThanOrEqual(maxRequests === 1 ? 1 : Math.min(2 * maxRequests, Math.ceil(without.length / 0.8)));
    const lanesOfKeys = new Map<string, number>();
    for (const [place, lane] of sent.entries()) {
      for (const { partitionKey } of lane) {
        if (partitionKey === undefined) continue;
        expect(lanesOfKeys.get(partitionKey) ?? place).toBe(place);
        lanesOfKeys.set(partitionKey, place);
      }
    }
  }), { numRuns: 1000 });
}, 60_000);
