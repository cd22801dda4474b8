/** Lets the chunks of one tag follow one another, while those of other tags go side by side. */
import type { KeyOrder } from "./key_order.js";
import { StreamKeys } from "./stream_keys.js";

/** The chunks of one tag that are under way. */
interface Tag {
  readonly keys: StreamKeys;
  /** Resolves when the chunk that entered last, and all before it, have let the next one go. */
  passed: Promise<void>;
  /** Resolve when the last two chunks, and all before each, are through or aside; the latest comes first. */
  through: readonly [Promise<void>, Promise<void>];
  underWay: number;
}

const free = Promise.resolve();

/** The tags of which chunks are under way. */
export class TagOrder {
  readonly #tags = new Map<string, Tag>();

  /** Takes a place behind the chunks of a tag that came before. */
  enter(tag: string): TagPlace {
    const known = this.#tags.get(tag) ?? { keys: new StreamKeys(), passed: free, through: [free, free], underWay: 0 };
    this.#tags.set(tag, known);
    known.underWay++;
    const { keys, passed: before, through: [lastThrough, next] } = known;
    let passOn: () => void = () => undefined;
    let stepAside: () => void = () => undefined;
    const passedOn = new Promise<void>((resolve) => (passOn = resolve));
    const isAside = new Promise<void>((resolve) => (stepAside = resolve));
    // A chunk that leaves early, such as one without events, lets no later chunk overtake an earlier one.
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

  /** Tags of which a chunk is under way. */
  get size(): number {
    return this.#tags.size;
  }
}

/** A chunk's place among those of its tag. */
export interface TagPlace {
  /**
   * Resolves when only one chunk before it is neither through nor aside. A chunk may be encoded while the one before it is
   * delivered; more of them would hold memory that chunks of other tags could use.
   */
  readonly next: Promise<void>;
  /** Resolves when the chunks before it are through or let it go beside them, in the order of their keys. */
  readonly before: Promise<void>;
  /** Returns the order of the keys of a stream: each stream has its own, so that none waits for another. */
  readonly keysOf: (stream: string | undefined) => KeyOrder;
  /** Lets the next chunk go beside this one: all its entries have their place in the order of keys. */
  readonly passOn: () => void;
  /** Only little of the chunk is left, which waits. */
  readonly stepAside: () => void;
  /** The chunk is through. */
  readonly leave: () => void;
}
