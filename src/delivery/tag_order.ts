/** Lets the chunks of one tag follow one another, while those of other tags go side by side. */

/** What the next chunk of a tag waits for, see {@link TagPlace}. */
interface LastChunk {
  readonly next: Promise<void>;
  readonly through: Promise<void>;
}

const free = Promise.resolve();

/** The chunks that are under way, by their tags. */
export class TagOrder {
  /** Of each tag, the chunk that entered last. */
  readonly #last = new Map<string, LastChunk>();

  /** Takes a place behind the chunks of a tag that came before. */
  enter(tag: string): TagPlace {
    const { next = free, through: before = free } = this.#last.get(tag) ?? {};
    let leave: () => void = () => undefined;
    const left = new Promise<void>((resolve) => (leave = resolve));
    // A chunk that leaves early, such as one without events, lets no later chunk overtake an earlier one.
    const through = before.then(() => left);
    this.#last.set(tag, { next: before, through });
    void through.then(() => {
      if (this.#last.get(tag)?.through === through) this.#last.delete(tag);
    });
    return { next, before, leave };
  }

  /** Tags of which a chunk is under way. */
  get size(): number {
    return this.#last.size;
  }
}

/** A chunk's place among those of its tag. */
export interface TagPlace {
  /**
   * Resolves when only one chunk before it is not through. A chunk may be encoded while the one before it is delivered;
   * more of them would hold memory that chunks of other tags could use.
   */
  readonly next: Promise<void>;
  /** Resolves when the chunks before it are through. */
  readonly before: Promise<void>;
  /** The chunk is through. */
  readonly leave: () => void;
}
