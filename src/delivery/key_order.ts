/** Keeps the order of keys across chunks that are delivered side by side: each slot belongs to the earliest chunk that has it. */
import { allSlots, noLane, slotCount, type LanesOfSlots } from "./key_slots.js";
import type { Lane } from "./lanes.js";

/** The slots of the chunks under way, of which the records of a key keep their order. */
export class KeyOrder {
  /** Of each slot, the chunks that hold it, the earliest first. */
  readonly #queues = Array.from(allSlots, (): SlotHolds[] => []);
  #open = 0;
  #lastLanes: LanesOfSlots | undefined;
  #mapping: unknown;

  /** The lanes of the chunk that took its slots last. */
  get lastLanes(): LanesOfSlots | undefined {
    return this.#lastLanes;
  }

  /** Whether no chunk holds a slot. */
  get isFree(): boolean {
    return this.#open === 0;
  }

  /**
   * Takes the slots of a chunk's lanes. End the hold when the chunk is through.
   * @param mapping by which keys have their slots. A chunk with another one than the chunks before follows them as a whole; without
   * one, when undefined, it shares no slot with any other chunk
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

/** The slots of one chunk, until its entries of each are through. */
export class SlotHolds {
  readonly #queues: readonly SlotHolds[][];
  readonly #held: Set<number>;
  /** Of slots of which only some keys still have entries, these keys: later chunks send their other ones. */
  readonly #left = new Map<number, ReadonlySet<string>>();
  /** The slots to keep when the chunk begins; undefined for a chunk that need not follow the others as a whole. */
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

  /** Whether no earlier chunk holds a slot. */
  isNext(slot: number): boolean {
    return !this.#held.has(slot) || this.#queues[slot]?.[0] === this;
  }

  /** Whether an earlier chunk still has entries of a key. {@link canStart} must be true of its slot. */
  isBehind(slot: number, key: string): boolean {
    return !this.#isTrueBefore(slot, (left) => left?.has(key) !== true);
  }

  /** Whether keys of these slots can be sent, but for those that are {@link isBehind}. */
  canStart(slots: readonly number[]): boolean {
    if (this.#kept !== undefined) return [...this.#held].every((slot) => this.isNext(slot));
    return slots.every((slot) => this.#isTrueBefore(slot, isInPart));
  }

  /** Resolves when {@link canStart} is true of these slots; undefined when it is now. */
  untilStart(slots: readonly number[]): Promise<void> | undefined {
    if (!this.canStart(slots)) return this.#until(() => this.canStart(slots));
    this.#begin();
    return undefined;
  }

  /** Resolves when no earlier chunk holds one of these slots; undefined when it is so now. */
  untilNext(slots: readonly number[]): Promise<void> | undefined {
    const isAnyNext = () => slots.some((slot) => this.isNext(slot));
    return isAnyNext() ? undefined : this.#until(isAnyNext);
  }

  /** Of these slots only some keys still have entries; of a slot that `keysOf` lacks, none. */
  keep(slots: readonly number[], keysOf: ReadonlyMap<number, ReadonlySet<string>>): void {
    const held = slots.filter((slot) => this.#held.has(slot));
    for (const slot of held) {
      const keys = keysOf.get(slot);
      if (keys === undefined) this.#drop(slot);
      else this.#left.set(slot, keys);
    }
    this.#startWaiting(held);
  }

  /** The chunk is through; only the first time counts. */
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

  /** Whether `is` returns true of the keys that each earlier chunk has left of a slot; undefined where it may send any. */
  #isTrueBefore(slot: number, is: (left: ReadonlySet<string> | undefined) => boolean): boolean {
    if (!this.#held.has(slot)) return true;
    for (const earlier of this.#queues[slot] ?? []) {
      if (earlier === this) break;
      if (!is(earlier.#left.get(slot))) return false;
    }
    return true;
  }

  /** Lets the lanes of other chunks go that waited for these slots. */
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
