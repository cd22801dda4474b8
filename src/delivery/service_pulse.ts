/** Judges from recent requests whether the service still responds, so that an ending output does not wait in vain. */

/** Minimum patience: a request usually takes 10 to 40 ms, and under load a second. */
const minPatienceMs = 2000;
/** Maximum patience, also before the first accepted record. Responses after 9 s have been seen. */
export const maxPatienceMs = 10_000;
/** Patience after a hopeless request: long enough to see that the service is back. */
const hopelessPatienceMs = 1000;
/** Patience as a multiple of the slowest request so far. */
const patienceFactor = 4;

/**
 * The meaning of a finished request for its stream. taken: the service accepted at least one entry; not taken: it accepted
 * none, but the next request may succeed; hopeless: the request timed out, or can only succeed after a repair of the stream, a
 * permission, the credentials or the network.
 */
export type RequestVerdict = "taken" | "not taken" | "hopeless";

/** The recent requests of one stream: whether it accepts records, is fruitless, hopeless, or hangs. */
export class ServicePulse {
  readonly #now: () => number;
  /** Start time of each request under way by its number, the oldest first. */
  readonly #underWay = new Map<number, number>();
  #requests = 0;
  #slowestMs: number | undefined;
  #isHopeless = false;
  #lastTakenMs = Number.NEGATIVE_INFINITY;
  /** Start time of the first request since then. */
  #triedSinceMs: number | undefined;

  /** @param now returns milliseconds that never decrease */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Records the start of a request. Returns its number. */
  started(): number {
    this.#underWay.set(++this.#requests, this.#now());
    this.#triedSinceMs ??= this.#now();
    return this.#requests;
  }

  /** Records the end of a request. */
  ended(request: number, verdict: RequestVerdict): void {
    const startedMs = this.#underWay.get(request);
    this.#underWay.delete(request);
    if (verdict === "hopeless") this.#isHopeless = true;
    if (verdict !== "taken" || startedMs === undefined) return;
    this.#isHopeless = false;
    this.#lastTakenMs = this.#now();
    this.#triedSinceMs = undefined;
    this.#slowestMs = Math.max(this.#slowestMs ?? 0, this.#now() - startedMs);
  }

  /** Whether a request was hopeless, and no record was accepted since. */
  get isHopeless(): boolean {
    return this.#isHopeless;
  }

  /** Whether a record was accepted within the patience. */
  get isTaking(): boolean {
    return this.#now() - this.#lastTakenMs <= this.#patienceMs;
  }

  /** Whether no record was accepted within the patience, and requests failed for 2 s or one was hopeless. */
  get isFruitless(): boolean {
    if (this.isTaking || this.#triedSinceMs === undefined) return false;
    return this.#isHopeless || this.#now() - this.#triedSinceMs >= minPatienceMs;
  }

  /** Whether a request is under way. */
  get isWaiting(): boolean {
    return this.#underWay.size > 0;
  }

  /** Whether the oldest request under way has exceeded the patience. */
  get isHanging(): boolean {
    const [oldestMs] = this.#underWay.values();
    if (oldestMs === undefined) return false;
    return this.#now() - oldestMs > (this.#isHopeless ? hopelessPatienceMs : this.#patienceMs);
  }

  /** Time to wait for a response before the stream counts as silent. */
  get #patienceMs(): number {
    if (this.#slowestMs === undefined) return maxPatienceMs;
    return Math.min(Math.max(patienceFactor * this.#slowestMs, minPatienceMs), maxPatienceMs);
  }
}
