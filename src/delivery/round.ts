/** Sends the entries of a chunk once, side by side: one round of a delivery. */
import { maxRecordsPerRequest } from "../limits.js";
import { cutBatches, type BatchLimits } from "../pack/batches.js";
import type { Entry, EntryTable } from "../pack/entry_table.js";
import type { KeyOrder, SlotHolds } from "./key_order.js";
import { slotOf } from "./key_slots.js";
import { cutLanes, orderingKeyOf, type SendOrder } from "./lanes.js";
import type { FailedEntry, PutRecordsClient, PutRecordsOutcome } from "./put_records.js";
import type { RequestShare, RequestWindow } from "./request_window.js";
import type { ShardThrottle } from "./shard_throttle.js";
import { shardThrottlingCode } from "./throttling.js";

/** Why entries remain. */
export interface Failure {
  readonly code: string;
  readonly message: string;
}

/** An entry that the service refuses even alone in a request. */
export interface RefusedEntry {
  readonly entry: Entry;
  readonly failure: Failure;
}

/** The counts of a delivery over all its rounds. */
export interface Progress {
  /** Entries that the service took. */
  readonly delivered: number;
  /** Records of Fluent Bit in these entries. */
  readonly deliveredRecords: number;
  /** Entries that the service took, but in another shard than expected. */
  readonly strayed: number;
  /** Entries that the service will never take; they are not sent again. */
  readonly refused: readonly RefusedEntry[];
  /** Rounds after the first in which entries were sent again. */
  readonly retryRounds: number;
  /** The time for which entries waited for those of earlier chunks; it counts against no limit of time. */
  readonly behindMs: number;
}

/** The state of a delivery, which its rounds continue. */
export interface DeliveryState {
  /** Of all its entries. */
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
  /** For each aggregate that was taken apart, the entries that took its place. */
  readonly partsOf: Map<Entry, readonly Entry[]>;
  /** The slots of its keys; undefined before the first round, and where keys have no order. */
  holds: SlotHolds | undefined;
}

/** The world outside, as far as a round needs it. */
export interface RoundDependencies {
  readonly client: PutRecordsClient;
  /** Bounds the requests of the output, of all its chunks together. */
  readonly window: RequestWindow;
  readonly order: SendOrder;
  /** Orders the keys of this chunk and of others beside it, and how keys have their slots ({@link KeyOrder.take}); undefined without an order. */
  readonly keys?: { readonly order: KeyOrder; readonly mapping: unknown } | undefined;
  /** Holds the entries of throttled shards back; unset where shards are unknown. */
  readonly throttle?: ShardThrottle | undefined;
  /** Data and partition keys of one request. */
  readonly maxRequestBytes: number;
  /** Returns a number from 0 up to, but not including, 1. */
  readonly random: () => number;
  /** Appends the user records of an aggregate to the table, and returns them as entries of their own; none when they are no longer at hand. */
  readonly takeApart: (entry: Entry) => readonly Entry[];
  /** Called with the entries that the service took. */
  readonly taken?: ((entries: readonly Entry[]) => void) | undefined;
  /** Called when no request is under way, with all entries whose data may still be looked at. */
  readonly waits?: ((entries: readonly Entry[]) => void) | undefined;
  /** Returns milliseconds that never decrease. */
  readonly now: () => number;
}

/** The outcome of a round. */
export interface RoundOutcome {
  /** Entries that were neither taken nor refused, in any order. */
  readonly left: readonly Entry[];
  /** Undefined when nothing is left. */
  readonly failure: Failure | undefined;
  /** Whether another round may succeed. */
  readonly mayPass: boolean;
  /** How long the service asked to wait. */
  readonly retryAfterMs: number;
  /** The time until another of the entries can be sent, where all that are left were held back; undefined otherwise. */
  readonly heldBackMs: number | undefined;
}

/** A lane under way. */
interface OpenLane {
  /** A stack: the next batch comes last. */
  readonly batches: Entry[][];
  /** Of its keys; none where they have no order. */
  readonly slots: readonly number[];
  /** Entries that were not taken, to be sent again in another round. */
  readonly left: Entry[];
  /** Keys of which an entry was held back: their later ones wait with it. */
  readonly heldBack: Set<string>;
  /** Keys of which earlier chunks had entries, */
  readonly behind: Set<string>;
  /** and their entries, which follow when those of the earlier chunks are through. */
  readonly following: Entry[];
}

function openLane(batches: Entry[][], slots: readonly number[]): OpenLane {
  return { batches: batches.reverse(), slots, left: [], heldBack: new Set(), behind: new Set(), following: [] };
}

/** Of entries that were not sent, since their shard throttles. */
const heldBack: Failure = { code: shardThrottlingCode, message: "their shard has throttled records of this stream within the last seconds" };

/** With this many entries refused alone and none taken, the entries are most likely not at fault. */
const refusalsBeforeDoubt = 10;
/** Before the round acts on that, it sends this many others alone, the first ones far behind the refused ones. */
const maxProbes = 5;

/**
 * Ends when a request fails as a whole, since the next one would most likely fail like it. Requests under way complete
 * and count. A batch refused for its content is sent again in halves, to find the entry at fault.
 *
 * Sends one request at a time while something was refused and nothing taken: whether the service refuses some entries or
 * everything shows only when no other request is under way.
 */
export class Round {
  readonly #dependencies: RoundDependencies;
  readonly #state: DeliveryState;
  readonly #limits: BatchLimits;
  /** A stack: the next lane comes last. */
  #lanes: OpenLane[];
  readonly #left: Entry[] = [];
  #hasRefusals = false;
  /** End the round when this many were refused and none taken; undefined until the doubt arises. */
  #maxRefused: number | undefined;
  #entryFailure: Failure | undefined;
  #roundFailure: Failure | undefined;
  #mayPass = true;
  #retryAfterMs = 0;
  #heldBackMs = Number.POSITIVE_INFINITY;
  /** Lanes that are being sent, or wait to start. */
  #senders = 0;
  /** Of lanes that are through, the entries that wait for earlier chunks. */
  readonly #following = new Set<Entry>();
  /** Lanes that wait for earlier chunks, since the first of them began to. */
  #waiting = 0;
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

  /** Sends all that the round may send. */
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

  /** Whether the round sends one request at a time. A method, since TypeScript takes a getter for unchanged over an await. */
  #isCareful(): boolean {
    return this.#hasRefusals && this.#state.tally.delivered === 0;
  }

  /** Sends lane after lane, until the round ends or its manner of sending changes. */
  async #sendLanes(): Promise<void> {
    const following: Promise<void>[] = [];
    this.#senders++;
    for (let lane = this.#lanes.pop(); lane !== undefined; lane = this.#lanes.pop()) {
      await this.#waitFor(this.#state.holds?.untilStart(lane.slots));
      if (!(await this.#sendLane(lane))) break;
      // Beside other lanes, which need not wait with it.
      if (lane.following.length > 0) following.push(this.#sendFollowing(lane));
    }
    this.#senders--;
    this.#tellWait();
    await Promise.all(following);
  }

  /** Sends the entries of a lane that follow those of earlier chunks. */
  async #sendFollowing(lane: OpenLane): Promise<void> {
    const { order } = this.#dependencies;
    const { table } = this.#state;
    for (let { following } = lane; following.length > 0; ) {
      const next = openLane(cutBatches(table, following, this.#limits), [...keysBySlot(table, following, order).keys()]);
      for (const entry of following) this.#following.add(entry);
      this.#tellWait();
      await this.#waitFor(this.#state.holds?.untilNext(next.slots));
      for (const entry of following) this.#following.delete(entry);
      this.#senders++;
      const isThrough = await this.#sendLane(next);
      this.#senders--;
      if (!isThrough) return;
      ({ following } = next);
    }
  }

  #tellWait(): void {
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

  /** Returns false, with the rest of the lane put back, when the round ends or its manner of sending changes. */
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

  /** Returns the entries of a batch that can be sent now; the others are left, or follow. */
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

  /** Lets later chunks send the keys of a lane that is through; keys of entries that are left or follow wait. */
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

  /** Puts the batch back in halves, or an aggregate as its user records; sets an entry apart that cannot be divided. */
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
   * Ends the round, with all refused entries left, when the service most likely refuses everything. Call it only while no
   * request is under way.
   */
  #considerDoubt(): void {
    const { refused } = this.#state.tally;
    if (refused.length < refusalsBeforeDoubt) return;
    this.#maxRefused ??= refused.length + this.#pullProbes();
    const canLearnMore = this.#lanes.length > 0 && !this.#isOver;
    if (canLearnMore && refused.length < this.#maxRefused) return;
    for (const { entry, failure } of refused.splice(0)) {
      this.#left.push(entry);
      this.#end(failure, false);
    }
  }

  /** Puts some of the waiting entries into batches of their own, which come next. Returns their number. */
  #pullProbes(): number {
    const probes = this.#lanes.flatMap(({ batches }) => batches).slice(0, maxProbes).map((batch) => {
      return batch.splice(Math.floor(this.#dependencies.random() * batch.length), 1);
    });
    for (const { batches } of this.#lanes) batches.splice(0, batches.length, ...batches.filter(({ length }) => length > 0));
    this.#lanes.push(openLane(probes, []));
    return probes.length;
  }

  /** Leaves an entry for another round. @param ofLane the entries that its lane has left */
  #leave(entry: Entry, ofLane: Entry[]): void {
    this.#left.push(entry);
    ofLane.push(entry);
  }

  /** Ends the round. Of several failures, reports the first that does not pass, otherwise the first. */
  #end(failure: Failure, mayPass: boolean): void {
    if (this.#roundFailure === undefined || (this.#mayPass && !mayPass)) this.#roundFailure = failure;
    this.#mayPass &&= mayPass;
  }
}

/** Returns the ordering keys of entries, by their slots. */
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
