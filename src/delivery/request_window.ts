/** Bounds how many PutRecords requests of one stream are under way at once, by how the service answers. */
import type { ByteBudget } from "../bytes/byte_budget.js";
import type { Entry, EntryTable } from "../pack/entry_table.js";
import type { PutRecordsClient, PutRecordsOutcome } from "./put_records.js";
import { RequestPlaces, type PlaceTaker } from "./request_places.js";
import { isThrottling } from "./throttling.js";

/** Bounds of one stream of an output, and what it shares with others. */
export interface RequestWindowSettings {
  /** From 1 to 50. */
  readonly maxRequests: number;
  /** Requests of all streams of the output; own ones, as many as `maxRequests`, when unset. */
  readonly places?: RequestPlaces | undefined;
  /** Request bodies of the whole process. */
  readonly bodies: ByteBudget;
  /** Learns from each outcome; true when shards of their own account for the throttling, so that the window need not. */
  readonly throttledByShard?: ((table: EntryTable, batch: readonly Entry[], outcome: PutRecordsOutcome) => boolean) | undefined;
  /** Called with the limit at the start and at each change. */
  readonly limitChanged?: ((limit: number) => void) | undefined;
}

/**
 * Additive increase, multiplicative decrease, as in TCP (RFC 5681, section 3.1): throttling halves the window, and as
 * many requests as the window holds, all fully taken, widen it by one. Failures without a response say nothing about the
 * stream's capacity and do not change the window, nor does the throttling of shards that have limits of their own.
 */
export class RequestWindow implements PlaceTaker {
  readonly maxRequests: number;
  /** Of the output: its streams together have their part of the bodies. */
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

  /** Requests that may be under way at once. */
  get limit(): number {
    return Math.floor(this.#size);
  }

  /** Requests that hold a place. */
  get underWay(): number {
    return this.#underWay;
  }

  /** Whether the output has ended. */
  get isEnded(): boolean {
    return this.places.isEnded;
  }

  /** Counts the decreases. A request started before the last decrease does not cause another one. */
  get generation(): number {
    return this.#generation;
  }

  /** Opens the share of one chunk; close it when the chunk is done. */
  open(): RequestShare {
    const share = new RequestShare(this, this.#bodies);
    this.#shares.add(share);
    this.places.join(this);
    return share;
  }

  /** Ends the output: starts no request any more and ends all waits. Requests under way go on. */
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

  /** Starts the request whose turn it is; for {@link RequestPlaces}. */
  start(): void {
    this.#underWay++;
    this.#nextShare()?.admit();
  }

  /** Removes a closed share; for {@link RequestShare}. */
  remove(share: RequestShare): void {
    this.#shares.delete(share);
    if (this.#shares.size === 0) this.places.leave(this);
  }

  /** Adapts the limit to the outcome of a request; for {@link RequestShare}. @param generation at the request's start */
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

  /** Of the shares that wait, the one with the fewest requests under way; the oldest among equals. */
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

  /** Requests of this share that hold a place. */
  get underWay(): number {
    return this.#underWay;
  }

  /** Whether a request of this share waits for a place. */
  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /**
   * Sends a batch when the window and the budget have room. Returns undefined, with nothing sent, when the share was
   * paused or the window ended before the request could start.
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

  /** Starts no request until {@link resume}, and ends the waits. Requests under way go on. */
  pause(): void {
    this.#isPaused = true;
    for (const resolve of this.#waiting.splice(0)) resolve(false);
    this.#bodies.withdraw(this);
  }

  /** Lets requests start again, unless the window has ended. */
  resume(): void {
    this.#isPaused = false;
  }

  /** Pauses for good. */
  close(): void {
    this.pause();
    this.#window.remove(this);
  }

  /** Grants a place to the request that waits longest; for {@link RequestWindow}. */
  admit(): void {
    this.#underWay++;
    this.#waiting.shift()?.(true);
  }

  /** Whether no request may start. A method, since TypeScript takes a getter for unchanged over an await. */
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

/** The names and brackets of one record in a JSON body, which is the larger of the two formats. */
const overheadBytes = 40;

/** Estimates the size of a batch's request body: its data in base64. */
export function bodyBytesOf({ sizes: { numbers: sizes } }: EntryTable, batch: readonly Entry[]): number {
  let bytes = 0;
  for (const entry of batch) bytes += sizes[entry] as number;
  return Math.ceil((bytes * 4) / 3) + overheadBytes * batch.length;
}

function isThrottled(outcome: PutRecordsOutcome): boolean {
  if (outcome.kind === "failed") return isThrottling(outcome.code);
  return outcome.failed.some(({ code }) => isThrottling(code));
}
