/** Judges whether the service still answers, so that the end of an output need not wait for one that does not. */

/** A request usually takes 10 to 40 ms, and under load a second: a shorter silence means nothing. */
const shortestPatienceMs = 2000;
/** Of a service that has not answered any request yet. Answers after 9 s were seen to arrive. */
export const longestPatienceMs = 10_000;
/** Of a service that gave no hope before: long enough to see that it is back. */
const hopelessPatienceMs = 1000;
/** A request may take so many times as long as the slowest one before it. */
const patienceFactor = 4;

/**
 * What a request says about the service. Hopeless: it got no answer in its time, or cannot be sent before somebody mends
 * the stream, a permission, the credentials or the network.
 */
export type RequestSign = "taken" | "not taken" | "hopeless";

/** Follows the requests of one stream of an output. */
export class ServicePulse {
  readonly #now: () => number;
  /** When each request under way began, the oldest first. */
  readonly #underWay = new Map<number, number>();
  #requests = 0;
  #slowestMs: number | undefined;
  #isHopeless = false;
  #lastTakenMs = Number.NEGATIVE_INFINITY;
  /** When the first request since then began. */
  #triedSinceMs: number | undefined;

  /** @param now milliseconds that only ever grow */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** A request begins. Returns its number. */
  started(): number {
    this.#underWay.set(++this.#requests, this.#now());
    this.#triedSinceMs ??= this.#now();
    return this.#requests;
  }

  /** A request is over. */
  ended(request: number, outcome: RequestSign): void {
    const startedMs = this.#underWay.get(request);
    this.#underWay.delete(request);
    if (outcome === "hopeless") this.#isHopeless = true;
    if (outcome !== "taken" || startedMs === undefined) return;
    this.#isHopeless = false;
    this.#lastTakenMs = this.#now();
    this.#triedSinceMs = undefined;
    this.#slowestMs = Math.max(this.#slowestMs ?? 0, this.#now() - startedMs);
  }

  /** Whether a request was hopeless, and nothing was taken since. */
  get isHopeless(): boolean {
    return this.#isHopeless;
  }

  /** Whether records were taken a moment ago. */
  get isTaking(): boolean {
    return this.#now() - this.#lastTakenMs <= this.#patienceMs;
  }

  /** Whether requests were tried for a while, or one was hopeless, and nothing was taken since long before. */
  get isFruitless(): boolean {
    if (this.isTaking || this.#triedSinceMs === undefined) return false;
    return this.#isHopeless || this.#now() - this.#triedSinceMs >= shortestPatienceMs;
  }

  /** Whether a request is under way. */
  get isWaiting(): boolean {
    return this.#underWay.size > 0;
  }

  /** Whether nothing more is to be expected: the oldest request under way is far too old. */
  get isHanging(): boolean {
    const [oldestMs] = this.#underWay.values();
    if (oldestMs === undefined) return false;
    return this.#now() - oldestMs > (this.#isHopeless ? hopelessPatienceMs : this.#patienceMs);
  }

  get #patienceMs(): number {
    if (this.#slowestMs === undefined) return longestPatienceMs;
    return Math.min(Math.max(patienceFactor * this.#slowestMs, shortestPatienceMs), longestPatienceMs);
  }
}
