/** Shares the requests that an output may have under way among its streams. */

/** The requests of one stream, as far as they wait for a place. */
export interface PlaceTaker {
  /** Requests that hold a place. */
  readonly underWay: number;
  /** Whether a request waits that the stream's own limit lets start. */
  readonly canStart: boolean;
  /** Starts a request that waits, in a place that is taken for it. */
  start(): void;
  /** Ends all waits. Requests under way go on. */
  endWaits(): void;
}

/** The places of one output. */
export class RequestPlaces {
  readonly #count: number;
  /** Streams with chunks under way; the one that was given a place longest ago first. */
  readonly #streams = new Set<PlaceTaker>();
  #taken = 0;
  #isEnded = false;

  /** @param count requests that may be under way at once, of all streams together */
  constructor(count: number) {
    this.#count = count;
  }

  /** Whether {@link end} was called. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Lets a stream wait for places. */
  join(stream: PlaceTaker): void {
    this.#streams.add(stream);
  }

  /** Removes a stream none of whose requests waits any more. */
  leave(stream: PlaceTaker): void {
    this.#streams.delete(stream);
  }

  /** Takes a place if one is free. No request waits then that could have it. */
  tryTake(stream: PlaceTaker): boolean {
    if (this.#taken >= this.#count) return false;
    this.#take(stream);
    return true;
  }

  /** Returns a place, and starts the requests that can have a free one. */
  giveBack(): void {
    this.#taken--;
    while (this.#taken < this.#count) {
      const next = this.#next();
      if (next === undefined) return;
      this.#take(next);
      next.start();
    }
  }

  /** Starts no request any more and ends all waits. Requests under way go on. */
  end(): void {
    this.#isEnded = true;
    for (const stream of this.#streams) stream.endWaits();
  }

  #take(stream: PlaceTaker): void {
    this.#taken++;
    this.#streams.delete(stream);
    this.#streams.add(stream);
  }

  /** Returns the stream with the fewest requests under way; among equals the one whose turn was longest ago. */
  #next(): PlaceTaker | undefined {
    let next: PlaceTaker | undefined;
    for (const stream of this.#streams) {
      if ((next === undefined || stream.underWay < next.underWay) && stream.canStart) next = stream;
    }
    return next;
  }
}
