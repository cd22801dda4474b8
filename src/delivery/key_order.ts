/** Keeps the order of keys across chunks that are delivered side by side: a lane waits for earlier lanes with a slot of its own. */
import { noLane, slotCount, type LanesOfSlots } from "./key_slots.js";
import type { Lane } from "./lanes.js";

/** The slots of one lane, until the lane is through. */
export interface Hold {
  /** Resolves when no earlier lane holds one of its slots; undefined when none does. */
  readonly before: Promise<unknown> | undefined;
  /** The entries of the lane are through; only the first time counts. */
  readonly release: () => void;
}

interface OpenHold {
  readonly through: Promise<void>;
  isOver: boolean;
}

/** The slots of the chunks under way, of which the records of a key keep their order. */
export class KeyOrder {
  /** Of each slot, the lane that took it last. */
  readonly #holds: (OpenHold | undefined)[] = [];
  #open = 0;
  #lastLanes: LanesOfSlots | undefined;

  /** The lanes of the chunk that took its slots last. */
  get lastLanes(): LanesOfSlots | undefined {
    return this.#lastLanes;
  }

  /** Whether no slot is held. */
  get isFree(): boolean {
    return this.#open === 0;
  }

  /** Takes the place of a chunk whose keys are not known one by one: it follows the one before it as a whole. */
  takeWhole(): Hold {
    return this.#hold([0]);
  }

  /** Takes the slots of all lanes of a chunk. Returns a hold for each lane, which must be released. */
  take(lanes: readonly Lane[]): Hold[] {
    const ofSlots = this.#lastLanes?.lanes === lanes.length ? this.#lastLanes.ofSlots : new Uint8Array(slotCount).fill(noLane);
    for (const [index, { slots }] of lanes.entries()) for (const slot of slots) ofSlots[slot] = index;
    this.#lastLanes = { lanes: lanes.length, ofSlots };
    return lanes.map(({ slots }) => this.#hold(slots));
  }

  #hold(slots: readonly number[]): Hold {
    let resolve: () => void = () => undefined;
    const own: OpenHold = { through: new Promise<void>((through) => (resolve = through)), isOver: false };
    const earlier = new Set<Promise<void>>();
    for (const slot of slots) {
      const held = this.#holds[slot];
      if (held !== undefined && !held.isOver) earlier.add(held.through);
      this.#holds[slot] = own;
    }
    const before = earlier.size === 0 ? undefined : Promise.all(earlier);
    this.#open++;
    const finish = () => {
      if (own.isOver) return;
      this.#open--;
      own.isOver = true;
      resolve();
    };
    // A lane that is given up early lets no later lane overtake an earlier one.
    const release = () => {
      if (before === undefined) finish();
      else void before.then(finish);
    };
    return { before, release };
  }
}
