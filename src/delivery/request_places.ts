/** Divides an output's concurrent requests among its streams. */

/** A stream whose requests take places. */
export interface PlaceTaker {
  /** Number of requests that hold a place. */
  readonly underWay: number;
  /** Whether a request waits and the stream's own limit lets it start. */
  readonly canStart: boolean;
  /** Starts a waiting request in a place already taken for it. */
  start(): void;
  /** Ends all waits. Requests under way continue. */
  endWaits(): void;
}

/** The places of one output; each lets one request be under way. */
export class RequestPlaces {
  readonly #count: number;
  /** Streams with chunks under way, the one whose last place was longest ago first. */
  readonly #streams = new Set<PlaceTaker>();
  #taken = 0;
  #isEnded = false;

  /** @param count maximum concurrent requests of all streams together */
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

  /** Removes a stream that has no waiting requests. */
  leave(stream: PlaceTaker): void {
    this.#streams.delete(stream);
  }

  /** Takes a place if one is free; then no waiting request could use it. */
  tryTake(stream: PlaceTaker): boolean {
    if (this.#taken >= this.#count) return false;
    this.#take(stream);
    return true;
  }

  /** Returns a place, and starts waiting requests in the free places. */
  giveBack(): void {
    this.#taken--;
    while (this.#taken < this.#count) {
      const next = this.#next();
      if (next === undefined) return;
      this.#take(next);
      next.start();
    }
  }

  /** Ends all waits; no further request starts. Requests under way continue. */
  end(): void {
    this.#isEnded = true;
    for (const stream of this.#streams) stream.endWaits();
  }

  #take(stream: PlaceTaker): void {
    this.#taken++;
    this.#streams.delete(stream);
    this.#streams.add(stream);
  }

  /** Returns the stream with the fewest requests under way; among equals the one whose last place was longest ago. */
  #next(): PlaceTaker | undefined {
    let next: PlaceTaker | undefined;
    for (const stream of this.#streams) {
      if ((next === undefined || stream.underWay < next.underWay) && stream.canStart) next = stream;
    }
    return next;
  }
}
