/** Maps keys to 256 slots and slots to lanes, so that ordering costs the same for any number of keys. */

/** Number of slots. Keys of one slot keep their order as if they were one key. */
export const slotCount = 256;
/** The numbers of all slots. */
export const allSlots: readonly number[] = Array.from({ length: slotCount }, (_, slot) => slot);

/** Returns the slot of a key, from its FNV-1a hash (draft-eastlake-fnv) over UTF-16 code units. */
export function slotOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  return (hash ^ (hash >>> 8) ^ (hash >>> 16) ^ (hash >>> 24)) & (slotCount - 1);
}

/** Returns the slots that have entries. @param loads the load of each slot, in requests */
export function usedSlots(loads: Float64Array): number[] {
  return [...loads.keys()].filter((slot) => (loads[slot] as number) > 0);
}

/** The assignment of a chunk's slots to lanes. */
export interface LanesOfSlots {
  /** Number of lanes. */
  readonly lanes: number;
  /** The lane of each slot; {@link noLane} for a slot without entries so far. */
  readonly ofSlots: Uint8Array;
}

/** The value for no lane. Lanes are at most 100, two for each of 50 requests. */
export const noLane = 255;

interface Assignment extends LanesOfSlots {
  /** The load of each lane, in requests. */
  readonly laneLoads: Float64Array;
}

/**
 * Assigns slots to lanes of even load: the largest slot first, each to the lightest lane ("longest processing time first":
 * Graham, 1969). Slots keep their lane of the previous chunk, so that a lane waits for one lane of that chunk instead of all,
 * unless the heaviest lane would then need at least two requests more.
 * @param loads the load of each slot, in requests; 0 for a slot without entries
 */
export function assignSlots(loads: Float64Array, lanes: number, last: LanesOfSlots | undefined): Assignment {
  const slots = usedSlots(loads);
  slots.sort((one, other) => (loads[other] as number) - (loads[one] as number));
  const fresh = assign(slots, loads, lanes, undefined);
  if (last?.lanes !== lanes) return fresh;
  const kept = assign(slots, loads, lanes, last.ofSlots);
  return heaviest(kept) > heaviest(fresh) + 1 ? fresh : kept;
}

function assign(slots: readonly number[], loads: Float64Array, lanes: number, last: Uint8Array | undefined): Assignment {
  const ofSlots = last?.slice() ?? new Uint8Array(slotCount).fill(noLane);
  const laneLoads = new Float64Array(lanes);
  const put = (slot: number, lane: number) => {
    ofSlots[slot] = lane;
    laneLoads[lane] = (laneLoads[lane] as number) + (loads[slot] as number);
  };
  const isNew = (slot: number) => ofSlots[slot] === noLane;
  const newSlots = slots.filter(isNew);
  for (const slot of slots) if (!isNew(slot)) put(slot, ofSlots[slot] as number);
  for (const slot of newSlots) put(slot, lightest(laneLoads));
  return { lanes, ofSlots, laneLoads };
}

/** Returns the number of requests that the heaviest lane needs. */
function heaviest({ laneLoads }: Assignment): number {
  return Math.ceil(Math.max(...laneLoads));
}

/** Returns the lane with the least load, the first among equals. */
export function lightest(laneLoads: Float64Array): number {
  let least = 0;
  for (let lane = 1; lane < laneLoads.length; lane++) {
    if ((laneLoads[lane] as number) < (laneLoads[least] as number)) least = lane;
  }
  return least;
}
