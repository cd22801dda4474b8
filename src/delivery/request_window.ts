/** Limits the concurrent PutRecords requests of one stream, and adapts the limit to throttling. */
import type { ByteBudget } from "../bytes/byte_budget.js";
import type { Entry, EntryTable } from "../pack/entry_table.js";
import type { PutRecordsClient, PutRecordsOutcome } from "./kinesis_client.js";
import { RequestPlaces, type PlaceTaker } from "./request_places.js";
import { isThrottling } from "./throttling.js";

/** Limits of one stream, and the resources it shares with others. */
export interface RequestWindowSettings {
  /** Maximum concurrent requests of the stream, 1 to 50. */
  readonly maxRequests: number;
  /** Places shared by all streams of the output; `maxRequests` own places when unset. */
  readonly places?: RequestPlaces | undefined;
  /** Budget for the request bodies of the whole process. */
  readonly bodies: ByteBudget;
  /** Called with each outcome; returns true when the limits of single shards handle the throttling, so that the window ignores it. */
  readonly throttledByShard?: ((table: EntryTable, batch: readonly Entry[], outcome: PutRecordsOutcome) => boolean) | undefined;
  /** Called with the initial limit and at each change. */
  readonly limitChanged?: ((limit: number) => void) | undefined;
}

/**
 * A window with additive increase and multiplicative decrease, as in TCP (RFC 5681, section 3.1): throttling halves the window,
 * and as many fully accepted requests as the window holds widen it by one. Other failures say nothing about the stream's
 * capacity and do not change the window, nor does the throttling of shards that have their own limits.
 */
export class RequestWindow implements PlaceTaker {
  readonly maxRequests: number;
  /** The output's places, which also identify the output in the budget of bodies. */
  readonly places: RequestPlaces;
  readonly #bodies: ByteBudget;
  readonly #throttledByShard: (table: EntryTable, batch: readonly Entry[], outcome: PutRecordsOutcome) => boolean;
  readonly #limitChanged: (limit: number) => void;
  /** Open shares, the oldest first. */
  readonly #shares = new Set<RequestShare>();
  #size: number;
  #underWay = 0;
  #generation = 0;

  constructor({ maxRequests, bodies, places = new RequestPlaces(maxRequests), throttledByShard, limitChanged = () => undefined }: RequestWindowSettings) {
    this.maxRequests = maxRequests;
    this.places = places;
    this.#bodies = bodies;
    this.#throttledByShard = throttledByShard ?? (() => false);
    this.#limitChanged = limitChanged;
    this.#size = maxRequests;
    limitChanged(maxRequests);
  }

  /** Number of requests that may be under way now. */
  get limit(): number {
    return Math.floor(this.#size);
  }

  /** Number of requests that hold a place. */
  get underWay(): number {
    return this.#underWay;
  }

  /** Whether the output has ended. */
  get isEnded(): boolean {
    return this.places.isEnded;
  }

  /** Number of decreases so far. A request started before the last decrease does not cause another one. */
  get generation(): number {
    return this.#generation;
  }

  /** Opens the share of one chunk. Close the share when the chunk is done. */
  open(): RequestShare {
    const share = new RequestShare(this, this.#bodies);
    this.#shares.add(share);
    this.places.join(this);
    return share;
  }

  /** Ends the output: ends all waits, and no further request starts. Requests under way continue. */
  end(): void {
    this.places.end();
  }

  /** Ends the waits of this stream; for {@link RequestPlaces}. */
  endWaits(): void {
    for (const share of this.#shares) share.pause();
  }

  /** Takes a place if one is free; for {@link RequestShare}. */
  tryEnter(): boolean {
    if (this.#underWay >= this.limit || !this.places.tryTake(this)) return false;
    this.#underWay++;
    return true;
  }

  /** Returns a place; for {@link RequestShare}. */
  leave(): void {
    this.#underWay--;
    this.places.giveBack();
  }

  /** Whether a request waits and the limit lets it start. */
  get canStart(): boolean {
    return this.#underWay < this.limit && this.#nextShare() !== undefined;
  }

  /** Starts the next waiting request; for {@link RequestPlaces}. */
  start(): void {
    this.#underWay++;
    this.#nextShare()?.admit();
  }

  /** Removes a closed share; for {@link RequestShare}. */
  remove(share: RequestShare): void {
    this.#shares.delete(share);
    if (this.#shares.size === 0) this.places.leave(this);
  }

  /** Adapts the limit to the outcome of a request; for {@link RequestShare}. @param generation the generation at the request's start */
  learn(table: EntryTable, batch: readonly Entry[], outcome: PutRecordsOutcome, generation: number): void {
    if (this.#throttledByShard(table, batch, outcome)) return;
    if (isThrottled(outcome)) {
      if (generation !== this.#generation) return;
      this.#generation++;
      this.#resize(Math.max(1, this.#size / 2));
    } else if (outcome.kind === "answered" && outcome.failed.length === 0) {
      this.#resize(Math.min(this.maxRequests, this.#size + 1 / this.#size));
    }
  }

  #resize(size: number): void {
    const before = this.limit;
    this.#size = size;
    if (this.limit !== before) this.#limitChanged(this.limit);
  }

  /** Returns the waiting share with the fewest requests under way; among equals the oldest. */
  #nextShare(): RequestShare | undefined {
    let next: RequestShare | undefined;
    for (const share of this.#shares) {
      if (share.isWaiting && (next === undefined || share.underWay < next.underWay)) next = share;
    }
    return next;
  }
}

/** The requests of one chunk in the window of a stream. */
export class RequestShare {
  readonly #window: RequestWindow;
  readonly #bodies: ByteBudget;
  readonly #waiting: ((isAdmitted: boolean) => void)[] = [];
  #underWay = 0;
  #isPaused = false;

  /** Call {@link RequestWindow.open} instead. */
  constructor(window: RequestWindow, bodies: ByteBudget) {
    this.#window = window;
    this.#bodies = bodies;
  }

  /** Number of requests of this share that hold a place. */
  get underWay(): number {
    return this.#underWay;
  }

  /** Whether a request of this share waits for a place. */
  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /**
   * Sends a batch when the window and the budget have room. Returns undefined, without sending, when the share was paused or the
   * window ended before the request could start.
   */
  async send(table: EntryTable, batch: readonly Entry[], client: PutRecordsClient): Promise<PutRecordsOutcome | undefined> {
    if (this.#isStopped() || !(await this.#enter())) return undefined;
    try {
      // The share may have been paused after the place was granted.
      return this.#isStopped() ? undefined : await this.#sendWithinBudget(table, batch, client);
    } finally {
      this.#underWay--;
      this.#window.leave();
    }
  }

  /** Ends the waits; no request starts until {@link resume}. Requests under way continue. */
  pause(): void {
    this.#isPaused = true;
    for (const resolve of this.#waiting.splice(0)) resolve(false);
    this.#bodies.withdraw(this);
  }

  /** Lets requests start again, unless the window has ended. */
  resume(): void {
    this.#isPaused = false;
  }

  /** Pauses permanently and removes the share from the window. */
  close(): void {
    this.pause();
    this.#window.remove(this);
  }

  /** Grants a place to the request that waits longest; for {@link RequestWindow}. */
  admit(): void {
    this.#underWay++;
    this.#waiting.shift()?.(true);
  }

  /** Whether no request may start. A method, since TypeScript assumes that a getter does not change across an await. */
  #isStopped(): boolean {
    return this.#isPaused || this.#window.isEnded;
  }

  #enter(): Promise<boolean> {
    if (!this.#window.tryEnter()) return new Promise((resolve) => void this.#waiting.push(resolve));
    this.#underWay++;
    return Promise.resolve(true);
  }

  async #sendWithinBudget(table: EntryTable, batch: readonly Entry[], client: PutRecordsClient): Promise<PutRecordsOutcome | undefined> {
    const bytes = bodyBytesOf(table, batch);
    const { places } = this.#window;
    if (!(await this.#bodies.take(bytes, places, this))) return undefined;
    try {
      if (this.#isStopped()) return undefined;
      const { generation } = this.#window;
      const outcome = await client.putRecords(table, batch);
      this.#window.learn(table, batch, outcome, generation);
      return outcome;
    } finally {
      this.#bodies.give(bytes, places);
    }
  }
}

/** Bytes for the names and brackets of one record in a JSON body, the larger of the two formats. */
const overheadBytes = 40;

/** Returns the estimated size of a batch's request body, with its data in base64. */
export function bodyBytesOf({ sizes: { numbers: sizes } }: EntryTable, batch: readonly Entry[]): number {
  let bytes = 0;
  for (const entry of batch) bytes += sizes[entry] as number;
  return Math.ceil((bytes * 4) / 3) + overheadBytes * batch.length;
}

function isThrottled(outcome: PutRecordsOutcome): boolean {
  if (outcome.kind === "failed") return isThrottling(outcome.code);
  return outcome.failed.some(({ code }) => isThrottling(code));
}
