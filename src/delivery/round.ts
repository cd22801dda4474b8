/** Sends the entries of a chunk once, in concurrent requests: one round of a delivery. */
import { maxRecordsPerRequest } from "../limits.js";
import { cutBatches, type BatchLimits } from "../pack/batches.js";
import type { Entry, EntryTable } from "../pack/entry_table.js";
import type { KeyOrder, SlotHolds } from "./key_order.js";
import { slotOf } from "./key_slots.js";
import { cutLanes, orderingKeyOf, type SendOrder } from "./lanes.js";
import type { FailedEntry, PutRecordsClient, PutRecordsOutcome } from "./kinesis_client.js";
import type { RequestShare, RequestWindow } from "./request_window.js";
import type { ShardThrottle } from "./shard_throttle.js";
import { shardThrottlingCode } from "./throttling.js";

/** The reason why entries remain. */
export interface Failure {
  readonly code: string;
  readonly message: string;
}

/** An entry that the service refuses even when the request holds no other entry. */
export interface RefusedEntry {
  readonly entry: Entry;
  readonly failure: Failure;
}

/** The counts of a delivery over all its rounds. */
export interface Progress {
  /** Number of entries that the service accepted. */
  readonly delivered: number;
  /** Number of user records in these entries. */
  readonly deliveredRecords: number;
  /** Number of entries accepted by another shard than expected. */
  readonly strayed: number;
  /** Entries that the service will never accept; they are not sent again. */
  readonly refused: readonly RefusedEntry[];
  /** Number of rounds after the first in which entries were sent again. */
  readonly retryRounds: number;
  /** Time for which entries waited for entries of earlier chunks; it does not count against any time limit. */
  readonly behindMs: number;
}

/** The state of a delivery, shared by its rounds. */
export interface DeliveryState {
  /** The table that holds all entries of the delivery. */
  readonly table: EntryTable;
  readonly share: RequestShare;
  readonly tally: Progress & {
    delivered: number;
    deliveredRecords: number;
    strayed: number;
    readonly refused: RefusedEntry[];
    retryRounds: number;
    behindMs: number;
  };
  /** For each aggregate that was split, the entries that replace it. */
  readonly partsOf: Map<Entry, readonly Entry[]>;
  /** The slots of the chunk's keys; undefined before the first round, and where keys have no order. */
  holds: SlotHolds | undefined;
}

/** The dependencies of a round. */
export interface RoundDependencies {
  readonly client: PutRecordsClient;
  /** Limits the concurrent requests of all chunks to the stream. */
  readonly window: RequestWindow;
  readonly order: SendOrder;
  /** The order of keys across concurrent chunks, and the mapping for {@link KeyOrder.take}; undefined without an order. */
  readonly keys?: { readonly order: KeyOrder; readonly mapping: unknown } | undefined;
  /** Holds back the entries of throttled shards; unset where shards are unknown. */
  readonly throttle?: ShardThrottle | undefined;
  /** Maximum bytes of data and partition keys in one request. */
  readonly maxRequestBytes: number;
  /** Returns a number from 0 up to, but not including, 1. */
  readonly random: () => number;
  /** Appends an aggregate's user records to the table and returns them as entries; returns none when they are no longer available. */
  readonly takeApart: (entry: Entry) => readonly Entry[];
  /** Called with the entries that the service accepted. */
  readonly taken?: ((entries: readonly Entry[]) => void) | undefined;
  /** Called when no request is under way, with all entries whose data may still be read. */
  readonly waits?: ((entries: readonly Entry[]) => void) | undefined;
  /** Returns milliseconds that never decrease. */
  readonly now: () => number;
}

/** The outcome of a round. */
export interface RoundOutcome {
  /** Entries that were neither accepted nor refused, in any order. */
  readonly left: readonly Entry[];
  /** Undefined when nothing is left. */
  readonly failure: Failure | undefined;
  /** Whether another round may succeed. */
  readonly mayPass: boolean;
  /** Wait that the service requested; 0 without a request. */
  readonly retryAfterMs: number;
  /** Time until one of the entries can be sent, when all remaining entries were held back; undefined otherwise. */
  readonly heldBackMs: number | undefined;
}

/** A lane under way. */
interface OpenLane {
  /** A stack: the next batch is the last element. */
  readonly batches: Entry[][];
  /** The slots of its keys; empty where keys have no order. */
  readonly slots: readonly number[];
  /** Entries that were not accepted, to be sent again in another round. */
  readonly left: Entry[];
  /** Keys with an entry that was held back: later entries of the key wait too. */
  readonly heldBack: Set<string>;
  /** Keys of which earlier chunks still had entries. */
  readonly behind: Set<string>;
  /** Entries of the keys in `behind`, sent when the earlier chunks are done with these keys. */
  readonly following: Entry[];
}

function openLane(batches: Entry[][], slots: readonly number[]): OpenLane {
  return { batches: batches.reverse(), slots, left: [], heldBack: new Set(), behind: new Set(), following: [] };
}

/** The failure of entries that were not sent, since their shard throttles. */
const heldBack: Failure = { code: shardThrottlingCode, message: "their shard throttled records of this stream a few seconds ago" };

/** Minimum number of entries refused alone, with none accepted, before the round doubts that the entries are at fault. */
const minRefusalsForDoubt = 10;
/** Maximum number of other entries sent alone to confirm the doubt, taken from batches far behind the refused entries. */
const maxProbes = 5;

/**
 * One round. Ends when a request fails as a whole, since the next request would most likely fail too. Requests under way
 * complete and count. A batch refused for its content is sent again in halves, to find the entry at fault.
 *
 * Sends one request at a time while entries were refused and none accepted: only then can it tell whether the service
 * refuses some entries or everything.
 */
export class Round {
  readonly #dependencies: RoundDependencies;
  readonly #state: DeliveryState;
  readonly #limits: BatchLimits;
  /** A stack: the next lane is the last element. */
  #lanes: OpenLane[];
  readonly #left: Entry[] = [];
  #hasRefusals = false;
  /** Number of refused entries, with none accepted, that ends the round; undefined until the doubt arises. */
  #maxRefused: number | undefined;
  #entryFailure: Failure | undefined;
  #roundFailure: Failure | undefined;
  #mayPass = true;
  #retryAfterMs = 0;
  #heldBackMs = Number.POSITIVE_INFINITY;
  /** Number of lanes that are being sent or wait to start. */
  #senders = 0;
  /** Entries of finished lanes that wait for earlier chunks. */
  readonly #following = new Set<Entry>();
  /** Number of lanes that wait for earlier chunks. */
  #waiting = 0;
  /** Time at which the first of these lanes began to wait. */
  #waitingSinceMs = 0;

  constructor(entries: readonly Entry[], state: DeliveryState, dependencies: RoundDependencies) {
    this.#dependencies = dependencies;
    this.#state = state;
    const { maxRequestBytes, order, window, keys } = dependencies;
    this.#limits = { maxRecords: maxRecordsPerRequest, maxBytes: maxRequestBytes };
    const lanes = cutLanes(state.table, entries, this.#limits, order, window.maxRequests, keys?.order.lastLanes);
    state.holds ??= keys?.order.take(lanes, keys.mapping);
    this.#lanes = lanes.map(({ batches, slots }) => openLane(batches, slots)).reverse();
  }

  /** Sends entries until all were sent once or the round ends. */
  async run(): Promise<RoundOutcome> {
    const { maxRequests } = this.#dependencies.window;
    while (this.#lanes.length > 0 && !this.#isOver) {
      this.#state.share.resume();
      const waiting = this.#lanes.filter(({ slots }) => this.#state.holds?.canStart(slots) === false).length;
      const senders = this.#isCareful() ? 1 : Math.min(this.#lanes.length, maxRequests + waiting);
      await Promise.all(Array.from({ length: senders }, () => this.#sendLanes()));
      if (this.#isCareful()) this.#considerDoubt();
    }
    for (const { batches, following } of this.#lanes) for (const entry of [...batches, following].flat()) this.#left.push(entry);
    const failure = this.#roundFailure ?? this.#entryFailure;
    return {
      left: this.#left,
      failure: failure ?? (this.#left.length > 0 ? heldBack : undefined),
      mayPass: this.#mayPass,
      retryAfterMs: this.#retryAfterMs,
      heldBackMs: failure === undefined && this.#left.length > 0 ? this.#heldBackMs : undefined,
    };
  }

  get #isOver(): boolean {
    return this.#roundFailure !== undefined;
  }

  /** Whether the round sends one request at a time. A method, since TypeScript assumes that a getter does not change across an await. */
  #isCareful(): boolean {
    return this.#hasRefusals && this.#state.tally.delivered === 0;
  }

  /** Sends lane after lane, until the round ends or switches between concurrent and single requests. */
  async #sendLanes(): Promise<void> {
    const following: Promise<void>[] = [];
    this.#senders++;
    for (let lane = this.#lanes.pop(); lane !== undefined; lane = this.#lanes.pop()) {
      await this.#waitFor(this.#state.holds?.untilStart(lane.slots));
      if (!(await this.#sendLane(lane))) break;
      // In parallel with the other lanes, which need not wait for these entries.
      if (lane.following.length > 0) following.push(this.#sendFollowing(lane));
    }
    this.#senders--;
    this.#reportWait();
    await Promise.all(following);
  }

  /** Sends the entries of a lane that wait for earlier chunks. */
  async #sendFollowing(lane: OpenLane): Promise<void> {
    const { order } = this.#dependencies;
    const { table } = this.#state;
    for (let { following } = lane; following.length > 0; ) {
      const next = openLane(cutBatches(table, following, this.#limits), [...keysBySlot(table, following, order).keys()]);
      for (const entry of following) this.#following.add(entry);
      this.#reportWait();
      await this.#waitFor(this.#state.holds?.untilNext(next.slots));
      for (const entry of following) this.#following.delete(entry);
      this.#senders++;
      const isThrough = await this.#sendLane(next);
      this.#senders--;
      if (!isThrough) return;
      ({ following } = next);
    }
  }

  #reportWait(): void {
    if (this.#senders > 0 || this.#lanes.length > 0 || this.#following.size === 0) return;
    this.#dependencies.waits?.([...this.#following, ...this.#left, ...this.#state.tally.refused.map(({ entry }) => entry)]);
  }

  async #waitFor(earlier: Promise<void> | undefined): Promise<void> {
    if (earlier === undefined) return;
    const { now } = this.#dependencies;
    if (this.#waiting++ === 0) this.#waitingSinceMs = now();
    await earlier;
    if (--this.#waiting === 0) this.#state.tally.behindMs += now() - this.#waitingSinceMs;
  }

  /** Sends one lane. Returns false, with the lane put back, when the round ends or switches between concurrent and single requests. */
  async #sendLane(lane: OpenLane): Promise<boolean> {
    const { client, window } = this.#dependencies;
    const { share, table } = this.#state;
    const { batches } = lane;
    for (let batch = batches.pop(); batch !== undefined; batch = batches.pop()) {
      const wasCareful = this.#isCareful();
      const ready = this.#readyOf(batch, lane);
      const outcome = ready.length > 0 ? await share.send(table, ready, client) : undefined;
      if (outcome !== undefined) this.#read(ready, outcome, lane);
      else if (ready.length > 0) batches.push(ready);
      if (window.isEnded && outcome === undefined) this.#end({ code: "AbortError", message: "the output is closed" }, false);
      else if (ready.length === 0) continue;
      if (outcome === undefined || wasCareful || this.#isCareful() || this.#isOver) {
        share.pause();
        this.#lanes.push(lane);
        return false;
      }
    }
    this.#passOn(lane);
    return true;
  }

  /** Returns the entries of a batch that can be sent now; puts the others into `left` or `following`. */
  #readyOf(batch: Entry[], { slots, left, heldBack: heldBackKeys, behind, following }: OpenLane): Entry[] {
    const { order, throttle } = this.#dependencies;
    const { holds, table } = this.#state;
    const isFirst = behind.size === 0 && (holds === undefined || slots.every((slot) => holds.isNext(slot)));
    const isLimiting = throttle?.isLimiting === true;
    if (isFirst && heldBackKeys.size === 0 && !isLimiting) return batch;
    return batch.filter((entry) => {
      const key = orderingKeyOf(table, entry, order);
      if (!isFirst && key !== undefined && (behind.has(key) || holds?.isBehind(slotOf(key), key) === true)) {
        behind.add(key);
        following.push(entry);
        return false;
      }
      const isHeldBack = key !== undefined && heldBackKeys.has(key);
      if (!isHeldBack && (!isLimiting || throttle.admits(table, entry))) return true;
      this.#heldBackMs = Math.min(this.#heldBackMs, throttle?.waitMs(table, entry) ?? 0);
      this.#leave(entry, left);
      if (key !== undefined) heldBackKeys.add(key);
      return false;
    });
  }

  /** Lets later chunks send the keys of a finished lane, except keys that still have entries in `left` or `following`. */
  #passOn({ slots, left, following }: OpenLane): void {
    this.#state.holds?.keep(slots, keysBySlot(this.#state.table, [...left, ...following], this.#dependencies.order));
  }

  #read(batch: Entry[], outcome: PutRecordsOutcome, lane: OpenLane): void {
    if (outcome.kind === "answered") {
      this.#count(batch, outcome.failed, outcome.strayed, lane);
    } else if (outcome.cause === "content") {
      this.#refuse(batch, outcome, lane);
    } else {
      for (const entry of batch) this.#leave(entry, lane.left);
      this.#retryAfterMs = Math.max(this.#retryAfterMs, outcome.retryAfterMs ?? 0);
      this.#end(outcome, outcome.cause === "transient");
    }
  }

  #count(batch: readonly Entry[], failed: readonly FailedEntry[], strayed: number, { left }: OpenLane): void {
    const { tally, table } = this.#state;
    let records = 0;
    for (const entry of batch) records += table.userRecordsOf(entry);
    for (const { index, code, message } of failed) {
      const entry = batch[index] as Entry;
      records -= table.userRecordsOf(entry);
      this.#leave(entry, left);
      this.#entryFailure ??= { code, message };
    }
    const { taken } = this.#dependencies;
    if (taken !== undefined && failed.length < batch.length) taken(withoutFailed(batch, failed));
    tally.delivered += batch.length - failed.length;
    tally.deliveredRecords += records;
    tally.strayed += strayed;
  }

  /** Puts the batch back in halves, or an aggregate as its user records. An entry that cannot be split counts as refused. */
  #refuse(batch: Entry[], failure: Failure, { batches }: OpenLane): void {
    this.#hasRefusals = true;
    if (batch.length > 1) {
      const half = batch.length >>> 1;
      batches.push(batch.slice(half), batch.slice(0, half));
      return;
    }
    const [entry] = batch as [Entry];
    const { table, tally, partsOf } = this.#state;
    const parts = table.userRecordsOf(entry) > 1 ? this.#dependencies.takeApart(entry) : [];
    if (parts.length === 0) {
      tally.refused.push({ entry, failure });
      return;
    }
    partsOf.set(entry, parts);
    batches.push(...cutBatches(table, parts, this.#limits).reverse());
  }

  /**
   * Ends the round, and moves all refused entries to `left`, when the service most likely refuses everything. Call it only
   * while no request is under way.
   */
  #considerDoubt(): void {
    const { refused } = this.#state.tally;
    if (refused.length < minRefusalsForDoubt) return;
    this.#maxRefused ??= refused.length + this.#pullProbes();
    const canLearnMore = this.#lanes.length > 0 && !this.#isOver;
    if (canLearnMore && refused.length < this.#maxRefused) return;
    for (const { entry, failure } of refused.splice(0)) {
      this.#left.push(entry);
      this.#end(failure, false);
    }
  }

  /** Moves some of the waiting entries into separate batches, which are sent next. Returns their number. */
  #pullProbes(): number {
    const probes = this.#lanes.flatMap(({ batches }) => batches).slice(0, maxProbes).map((batch) => {
      return batch.splice(Math.floor(this.#dependencies.random() * batch.length), 1);
    });
    for (const { batches } of this.#lanes) batches.splice(0, batches.length, ...batches.filter(({ length }) => length > 0));
    this.#lanes.push(openLane(probes, []));
    return probes.length;
  }

  /** Leaves an entry for another round. @param ofLane `left` of the entry's lane */
  #leave(entry: Entry, ofLane: Entry[]): void {
    this.#left.push(entry);
    ofLane.push(entry);
  }

  /** Ends the round. Of several failures, keeps the first permanent one, otherwise the first. */
  #end(failure: Failure, mayPass: boolean): void {
    if (this.#roundFailure === undefined || (this.#mayPass && !mayPass)) this.#roundFailure = failure;
    this.#mayPass &&= mayPass;
  }
}

/** Returns the ordering keys of entries, grouped by slot. */
function keysBySlot(table: EntryTable, entries: readonly Entry[], order: SendOrder): Map<number, Set<string>> {
  const bySlot = new Map<number, Set<string>>();
  for (const entry of entries) {
    const key = orderingKeyOf(table, entry, order);
    if (key === undefined) continue;
    const slot = slotOf(key);
    bySlot.set(slot, (bySlot.get(slot) ?? new Set()).add(key));
  }
  return bySlot;
}

function withoutFailed(batch: readonly Entry[], failed: readonly FailedEntry[]): readonly Entry[] {
  if (failed.length === 0) return batch;
  const indexes = new Set(failed.map(({ index }) => index));
  return batch.filter((_, index) => !indexes.has(index));
}
