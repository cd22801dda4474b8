/** Lets the chunks of one tag follow one another, while those of other tags go side by side. */

/** The chunks that are under way, by their tags. */
export class TagOrder {
  /** Resolves when all chunks of a tag that have entered so far are through. */
  readonly #through = new Map<string, Promise<void>>();

  /** Takes a place behind the chunks of a tag that came before. */
  enter(tag: string): TagPlace {
    const before = this.#through.get(tag) ?? Promise.resolve();
    let leave: () => void = () => undefined;
    const left = new Promise<void>((resolve) => (leave = resolve));
    // A chunk that leaves early, such as one without events, lets no later chunk overtake an earlier one.
    const through = before.then(() => left);
    this.#through.set(tag, through);
    void through.then(() => {
      if (this.#through.get(tag) === through) this.#through.delete(tag);
    });
    return { before, leave };
  }

  /** Tags of which a chunk is under way. */
  get size(): number {
    return this.#through.size;
  }
}

/** A chunk's place among those of its tag. */
export interface TagPlace {
  /** Resolves when the chunks before it are through. */
  readonly before: Promise<void>;
  /** The chunk is through. */
  readonly leave: () => void;
}
