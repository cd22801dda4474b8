/** Keeps the order of keys across concurrent chunks: each slot (a group of keys) belongs to its earliest chunk. */
import { allSlots, noLane, slotCount, type LanesOfSlots } from "./key_slots.js";
import type { Lane } from "./lanes.js";

/** The slots held by the chunks under way. */
export class KeyOrder {
  /** For each slot, the chunks that hold it, the earliest first. */
  readonly #queues = Array.from(allSlots, (): SlotHolds[] => []);
  /** Number of chunks that hold slots. */
  #open = 0;
  #lastLanes: LanesOfSlots | undefined;
  #mapping: unknown;

  /** The lanes of the last chunk that took slots. */
  get lastLanes(): LanesOfSlots | undefined {
    return this.#lastLanes;
  }

  /** Whether no chunk holds a slot. */
  get isFree(): boolean {
    return this.#open === 0;
  }

  /**
   * Takes the slots of a chunk's lanes. Call `end` of the result when the chunk is done.
   * @param mapping identifies how keys map to slots. A chunk whose mapping differs from the previous chunk's waits until all earlier
   * chunks are done; a chunk without a mapping (undefined) also makes all later chunks wait
   */
  take(lanes: readonly Lane[], mapping: unknown): SlotHolds {
    const ofSlots = this.#lastLanes?.lanes === lanes.length ? this.#lastLanes.ofSlots : new Uint8Array(slotCount).fill(noLane);
    for (const [index, { slots }] of lanes.entries()) for (const slot of slots) ofSlots[slot] = index;
    this.#lastLanes = { lanes: lanes.length, ofSlots };
    const isWhole = mapping === undefined || (mapping !== this.#mapping && !this.isFree);
    this.#mapping = mapping;
    const used = lanes.flatMap(({ slots }) => slots);
    this.#open++;
    return new SlotHolds(this.#queues, isWhole ? allSlots : used, isWhole ? new Set(mapping === undefined ? allSlots : used) : undefined, () => {
      this.#open--;
    });
  }
}

const isInPart = (left: ReadonlySet<string> | undefined) => left !== undefined;

interface Waiter {
  readonly isOver: () => boolean;
  readonly start: () => void;
}

/** The slots of one chunk, each until the chunk is done with its entries. */
export class SlotHolds {
  readonly #queues: readonly SlotHolds[][];
  readonly #held: Set<number>;
  /** For each slot where only some keys still have entries, these keys; later chunks may send the slot's other keys. */
  readonly #left = new Map<number, ReadonlySet<string>>();
  /** The slots to keep once the chunk begins; only for a chunk that first waits for all earlier chunks, otherwise undefined. */
  #kept: ReadonlySet<number> | undefined;
  #waiters: Waiter[] = [];
  readonly #ended: () => void;
  #isOver = false;

  /** Call {@link KeyOrder.take} instead. */
  constructor(queues: readonly SlotHolds[][], held: readonly number[], kept: ReadonlySet<number> | undefined, ended: () => void) {
    this.#queues = queues;
    this.#held = new Set(held);
    this.#kept = kept;
    this.#ended = ended;
    for (const slot of this.#held) queues[slot]?.push(this);
  }

  /** Whether no earlier chunk holds the slot. */
  isNext(slot: number): boolean {
    return !this.#held.has(slot) || this.#queues[slot]?.[0] === this;
  }

  /** Whether an earlier chunk still has entries of a key. Call it only when {@link canStart} is true for the slot. */
  isBehind(slot: number, key: string): boolean {
    return !this.#isTrueForEarlier(slot, (left) => left?.has(key) !== true);
  }

  /** Whether keys of these slots can be sent, except those for which {@link isBehind} is true. */
  canStart(slots: readonly number[]): boolean {
    if (this.#kept !== undefined) return [...this.#held].every((slot) => this.isNext(slot));
    return slots.every((slot) => this.#isTrueForEarlier(slot, isInPart));
  }

  /** Resolves when {@link canStart} is true for these slots; returns undefined when it is true already. */
  untilStart(slots: readonly number[]): Promise<void> | undefined {
    if (!this.canStart(slots)) return this.#until(() => this.canStart(slots));
    this.#begin();
    return undefined;
  }

  /** Resolves when at least one of these slots is held by no earlier chunk; returns undefined when one is free already. */
  untilNext(slots: readonly number[]): Promise<void> | undefined {
    const isAnyNext = () => slots.some((slot) => this.isNext(slot));
    return isAnyNext() ? undefined : this.#until(isAnyNext);
  }

  /** Keeps only the keys of `keysOf` in these slots, and releases the slots that `keysOf` lacks. */
  keep(slots: readonly number[], keysOf: ReadonlyMap<number, ReadonlySet<string>>): void {
    const held = slots.filter((slot) => this.#held.has(slot));
    for (const slot of held) {
      const keys = keysOf.get(slot);
      if (keys === undefined) this.#drop(slot);
      else this.#left.set(slot, keys);
    }
    this.#startWaiting(held);
  }

  /** Releases all slots, since the chunk is done. Further calls have no effect. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#ended();
    this.#release([...this.#held]);
  }

  #until(isOver: () => boolean): Promise<void> {
    return new Promise((start) => void this.#waiters.push({ isOver, start }));
  }

  #begin(): void {
    const kept = this.#kept;
    if (kept === undefined || kept.size === slotCount) return;
    this.#kept = undefined;
    this.#release([...this.#held].filter((slot) => !kept.has(slot)));
  }

  #drop(slot: number): void {
    this.#held.delete(slot);
    const queue = this.#queues[slot];
    queue?.splice(queue.indexOf(this), 1);
  }

  #release(slots: readonly number[]): void {
    for (const slot of slots) this.#drop(slot);
    this.#startWaiting(slots);
  }

  /** Whether the predicate is true for every earlier chunk that holds the slot. Its argument: the keys the chunk has left, undefined for any. */
  #isTrueForEarlier(slot: number, predicate: (left: ReadonlySet<string> | undefined) => boolean): boolean {
    if (!this.#held.has(slot)) return true;
    for (const earlier of this.#queues[slot] ?? []) {
      if (earlier === this) break;
      if (!predicate(earlier.#left.get(slot))) return false;
    }
    return true;
  }

  /** Starts the lanes of other chunks that waited for these slots. */
  #startWaiting(slots: readonly number[]): void {
    const others = new Set<SlotHolds>();
    for (const slot of slots) for (const holds of this.#queues[slot] ?? []) others.add(holds);
    for (const holds of others) holds.#start();
  }

  #start(): void {
    if (this.#waiters.length === 0) return;
    const ready = this.#waiters.filter(({ isOver }) => isOver());
    if (ready.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => !ready.includes(waiter));
    for (const { start } of ready) start();
    this.#begin();
  }
}
