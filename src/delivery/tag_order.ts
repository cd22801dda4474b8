/** Orders the chunks of each tag; chunks of different tags are independent. */
import type { KeyOrder } from "./key_order.js";
import { StreamKeys } from "./stream_keys.js";

/** The chunks of one tag that are under way. */
interface Tag {
  readonly keys: StreamKeys;
  /** Resolves when the last chunk that entered, and all before it, have called `passOn`. */
  passed: Promise<void>;
  /** The first resolves when all chunks so far are done or aside, the second when all but the last one are. */
  through: readonly [Promise<void>, Promise<void>];
  underWay: number;
}

const free = Promise.resolve();

/** The tags with chunks under way. */
export class TagOrder {
  readonly #tags = new Map<string, Tag>();

  /** Takes a place behind the earlier chunks of the tag. */
  enter(tag: string): TagPlace {
    const known = this.#tags.get(tag) ?? { keys: new StreamKeys(), passed: free, through: [free, free], underWay: 0 };
    this.#tags.set(tag, known);
    known.underWay++;
    const { keys, passed: before, through: [lastThrough, next] } = known;
    let passOn: () => void = () => undefined;
    let stepAside: () => void = () => undefined;
    const passedOn = new Promise<void>((resolve) => (passOn = resolve));
    const isAside = new Promise<void>((resolve) => (stepAside = resolve));
    // A chunk that leaves early, such as one without events, must not let later chunks overtake earlier ones.
    known.passed = before.then(() => passedOn);
    known.through = [lastThrough.then(() => isAside), lastThrough];
    let hasLeft = false;
    const leave = () => {
      passOn();
      stepAside();
      if (hasLeft) return;
      hasLeft = true;
      if (--known.underWay === 0) this.#tags.delete(tag);
    };
    return { next, before, keysOf: (stream) => keys.of(stream), passOn, stepAside, leave };
  }

  /** Number of tags with a chunk under way. */
  get size(): number {
    return this.#tags.size;
  }
}

/** A chunk's place among those of its tag. */
export interface TagPlace {
  /**
   * Resolves when at most one earlier chunk is neither done nor aside. A chunk may be encoded while the one before it is
   * delivered; more chunks would hold memory that chunks of other tags could use.
   */
  readonly next: Promise<void>;
  /** Resolves when all earlier chunks are done or have called `passOn`; from then on the key order holds this chunk back. */
  readonly before: Promise<void>;
  /** Returns the key order of a stream. Streams have separate orders, so that none waits for another. */
  readonly keysOf: (stream: string | undefined) => KeyOrder;
  /** Lets the next chunk send in parallel. Call it when all entries of this chunk have their place in the key order. */
  readonly passOn: () => void;
  /** Lets later chunks be encoded: only a part of this chunk is left, and waits. */
  readonly stepAside: () => void;
  /** Leaves the order, since the chunk is done. */
  readonly leave: () => void;
}
