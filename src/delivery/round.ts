/** Sends the entries of a chunk once, side by side: one round of a delivery. */
import { maxRecordsPerRequest } from "../limits.js";
import { cutBatches, type BatchLimits } from "../pack/batches.js";
import { userRecordsOf, type Entry } from "../pack/entry.js";
import type { Hold, KeyOrder } from "./key_order.js";
import { cutLanes, type SendOrder } from "./lanes.js";
import type { FailedEntry, PutRecordsClient, PutRecordsOutcome } from "./put_records.js";
import type { RequestShare, RequestWindow } from "./request_window.js";

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
  /** Rounds after the first. */
  readonly retryRounds: number;
}

/** The state of a delivery, which its rounds continue. */
export interface DeliveryState {
  readonly share: RequestShare;
  readonly tally: Progress & {
    delivered: number;
    deliveredRecords: number;
    strayed: number;
    readonly refused: RefusedEntry[];
    retryRounds: number;
  };
  /** For each aggregate that was taken apart, the entries that took its place. */
  readonly partsOf: Map<Entry, readonly Entry[]>;
  /** The lanes of the first round, which hold the slots of their keys; undefined before it. */
  holds: readonly Hold[] | undefined;
}

/** The world outside, as far as a round needs it. */
export interface RoundDependencies {
  readonly client: PutRecordsClient;
  /** Bounds the requests of the output, of all its chunks together. */
  readonly window: RequestWindow;
  readonly order: SendOrder;
  /** Orders the keys of this chunk and of others beside it; undefined where a chunk is delivered when those before it are through. */
  readonly keys?: KeyOrder | undefined;
  /** Data and partition keys of one request. */
  readonly maxRequestBytes: number;
  /** Returns a number from 0 up to, but not including, 1. */
  readonly random: () => number;
  /** Returns the user records of an aggregate as entries of their own; none when they are no longer at hand. */
  readonly takeApart: (entry: Entry) => readonly Entry[];
  /** Called with the entries that the service took. */
  readonly taken?: ((entries: readonly Entry[]) => void) | undefined;
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
}

/** A lane under way. */
interface OpenLane {
  /** A stack: the next batch comes last. */
  readonly batches: Entry[][];
  readonly hold: Hold | undefined;
  /** Whether all entries sent so far were taken or refused. */
  isWhole: boolean;
}

/** With this many entries refused alone and none taken, the entries are most likely not at fault. */
const refusalsBeforeDoubt = 10;
/** Before the round acts on that, it sends this many others alone, the first ones far behind the refused ones. */
const mostProbes = 5;

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
  #mostRefused: number | undefined;
  #entryFailure: Failure | undefined;
  #roundFailure: Failure | undefined;
  #mayPass = true;
  #retryAfterMs = 0;

  constructor(entries: readonly Entry[], state: DeliveryState, dependencies: RoundDependencies) {
    this.#dependencies = dependencies;
    this.#state = state;
    const { maxRequestBytes, order, window, keys } = dependencies;
    this.#limits = { maxRecords: maxRecordsPerRequest, maxBytes: maxRequestBytes };
    const lanes = cutLanes(entries, this.#limits, order, window.maxRequests, keys?.lastLanes);
    const isFirst = state.holds === undefined;
    state.holds ??= keys?.take(lanes) ?? [];
    this.#lanes = lanes.map(({ batches }, index) => {
      return { batches: batches.reverse(), hold: isFirst ? state.holds?.[index] : undefined, isWhole: true };
    }).reverse();
  }

  /** Sends all that the round may send. */
  async run(): Promise<RoundOutcome> {
    const { maxRequests } = this.#dependencies.window;
    while (this.#lanes.length > 0 && !this.#isOver) {
      this.#state.share.resume();
      const waiting = this.#lanes.filter(({ hold }) => hold?.before !== undefined).length;
      const senders = this.#isCareful() ? 1 : Math.min(this.#lanes.length, maxRequests + waiting);
      await Promise.all(Array.from({ length: senders }, () => this.#sendLanes()));
      if (this.#isCareful()) this.#considerDoubt();
    }
    for (const { batches } of this.#lanes) for (const batch of batches) this.#leave(batch);
    return {
      left: this.#left,
      failure: this.#roundFailure ?? this.#entryFailure,
      mayPass: this.#mayPass,
      retryAfterMs: this.#retryAfterMs,
    };
  }

  get #isOver(): boolean {
    return this.#roundFailure !== undefined;
  }

  /** Whether the round sends one request at a time. A method, since TypeScript takes a getter for unchanged over an await. */
  #isCareful(): boolean {
    return this.#hasRefusals && this.#state.tally.delivered === 0;
  }

  /** Sends lane after lane. Puts the rest of its lane back when the round ends or its manner of sending changes. */
  async #sendLanes(): Promise<void> {
    const { client, window } = this.#dependencies;
    const { share } = this.#state;
    for (let lane = this.#lanes.pop(); lane !== undefined; lane = this.#lanes.pop()) {
      const { batches, hold } = lane;
      await hold?.before;
      for (let batch = batches.pop(); batch !== undefined; batch = batches.pop()) {
        const wasCareful = this.#isCareful();
        const outcome = await share.send(batch, client);
        if (outcome === undefined) batches.push(batch);
        else this.#settle(batch, outcome, lane);
        if (window.isEnded && outcome === undefined) this.#end({ code: "AbortError", message: "the output is closed" }, false);
        if (outcome === undefined || wasCareful || this.#isCareful() || this.#isOver) {
          share.pause();
          this.#lanes.push(lane);
          return;
        }
      }
      // What is left of a lane is sent again, before later entries of its keys.
      if (lane.isWhole) hold?.release();
    }
  }

  #settle(batch: Entry[], outcome: PutRecordsOutcome, lane: OpenLane): void {
    const leftBefore = this.#left.length;
    this.#read(batch, outcome, lane);
    lane.isWhole &&= this.#left.length === leftBefore;
  }

  #read(batch: Entry[], outcome: PutRecordsOutcome, lane: OpenLane): void {
    if (outcome.kind === "answered") {
      this.#count(batch, outcome.failed, outcome.strayed);
    } else if (outcome.cause === "content") {
      this.#refuse(batch, outcome, lane);
    } else {
      this.#leave(batch);
      this.#retryAfterMs = Math.max(this.#retryAfterMs, outcome.retryAfterMs ?? 0);
      this.#end(outcome, outcome.cause === "transient");
    }
  }

  #count(batch: readonly Entry[], failed: readonly FailedEntry[], strayed: number): void {
    const { tally } = this.#state;
    let records = 0;
    for (const entry of batch) records += userRecordsOf(entry);
    for (const { index, code, message } of failed) {
      const entry = batch[index] as Entry;
      records -= userRecordsOf(entry);
      this.#left.push(entry);
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
    const parts = userRecordsOf(entry) > 1 ? this.#dependencies.takeApart(entry) : [];
    if (parts.length === 0) {
      this.#state.tally.refused.push({ entry, failure });
      return;
    }
    this.#state.partsOf.set(entry, parts);
    batches.push(...cutBatches(parts, this.#limits).reverse());
  }

  /**
   * Ends the round, with all refused entries left, when the service most likely refuses everything. Call it only while no
   * request is under way.
   */
  #considerDoubt(): void {
    const { refused } = this.#state.tally;
    if (refused.length < refusalsBeforeDoubt) return;
    this.#mostRefused ??= refused.length + this.#pullProbes();
    const canLearnMore = this.#lanes.length > 0 && !this.#isOver;
    if (canLearnMore && refused.length < this.#mostRefused) return;
    for (const { entry, failure } of refused.splice(0)) {
      this.#left.push(entry);
      this.#end(failure, false);
    }
  }

  /** Puts some of the waiting entries into batches of their own, which come next. Returns their number. */
  #pullProbes(): number {
    const probes = this.#lanes.flatMap(({ batches }) => batches).slice(0, mostProbes).map((batch) => {
      return batch.splice(Math.floor(this.#dependencies.random() * batch.length), 1);
    });
    for (const { batches } of this.#lanes) batches.splice(0, batches.length, ...batches.filter(({ length }) => length > 0));
    this.#lanes.push({ batches: probes.reverse(), hold: undefined, isWhole: true });
    return probes.length;
  }

  #leave(batch: readonly Entry[]): void {
    for (const entry of batch) this.#left.push(entry);
  }

  /** Ends the round. Of several failures, reports the first that does not pass, otherwise the first. */
  #end(failure: Failure, mayPass: boolean): void {
    if (this.#roundFailure === undefined || (this.#mayPass && !mayPass)) this.#roundFailure = failure;
    this.#mayPass &&= mayPass;
  }
}

function withoutFailed(batch: readonly Entry[], failed: readonly FailedEntry[]): readonly Entry[] {
  if (failed.length === 0) return batch;
  const indexes = new Set(failed.map(({ index }) => index));
  return batch.filter((_, index) => !indexes.has(index));
}
