/** Splits the entries of a chunk into lanes: sequences of batches, sent in parallel, that keep each key's order. */
import type { Entry, EntryTable } from "../pack/entry_table.js";
import { cutBatches, type BatchLimits } from "../pack/batches.js";
import { assignSlots, lightest, slotCount, slotOf, usedSlots, type LanesOfSlots } from "./key_slots.js";

/** Which entries of a chunk keep their order: none, those of the same key, those of the same shard, or all. */
export type SendOrder = "none" | "by key" | "by shard" | "one after another";

/** Batches that are sent one after the other. */
export interface Lane {
  readonly batches: Entry[][];
  /** The slots of the lane's keys or shards; empty with any other order. */
  readonly slots: readonly number[];
}

/**
 * Target load of a lane, in requests. Lanes of one request send a chunk in the time of one response; the spare 0.2 absorbs that
 * keys do not divide evenly. With 400,000 container logs of 40 keys and responses after 20 ms, the output took 1.10 times the C
 * output's time; with lanes of two full requests it took 1.4 times, with 0.92 times the requests.
 */
const laneFill = 0.8;

/**
 * Cuts entries into lanes of batches. Without an order, each batch is a lane. By key or shard, all entries of one key are in one
 * lane, in the order of the chunk.
 *
 * By key or shard, a lane has about 0.8 requests where keys are many. There are at most two lanes for each concurrent request,
 * and at most one additional batch for each lane after the first.
 * @param last the lanes of the previous chunk, which keys keep where possible
 */
export function cutLanes(table: EntryTable, entries: readonly Entry[], limits: BatchLimits, order: SendOrder, maxRequests: number, last?: LanesOfSlots): Lane[] {
  const batches = cutBatches(table, entries, limits);
  if (order === "none") return batches.map((batch) => ({ batches: [batch], slots: [] }));
  if (batches.length === 0) return [];
  if (order === "one after another") return [{ batches, slots: [] }];
  const maxLanes = batches.length === 1 || maxRequests === 1 ? 1 : Math.min(Math.ceil(batches.length / laneFill), 2 * maxRequests);
  const slots = readSlots(table, entries, limits, order);
  for (let count = maxLanes; count > 1; count >>= 1) {
    const lanes = fillLanes(entries, slots, count, last).map((lane) => ({ batches: cutBatches(table, lane.entries, limits), slots: lane.slots }));
    // Large entries leave gaps in batches; fewer lanes leave fewer gaps.
    if (countBatches(lanes) < batches.length + lanes.length) return lanes;
  }
  return [{ batches, slots: usedSlots(slots.loads) }];
}

/**
 * Returns the ordering key of an entry: its partition key, or with order "by shard" its shard. Aggregates without a known shard
 * may hold any keys, so they share one ordering key. Returns undefined for an entry without an order.
 */
export function orderingKeyOf(table: EntryTable, entry: Entry, order: SendOrder): string | undefined {
  if (order === "by shard") return table.shardIds.of(entry) ?? "";
  return order === "by key" ? table.partitionKeys[entry] : undefined;
}

/** The slots of entries and their loads. */
interface EntrySlots {
  /** The slot of each entry; {@link noSlot} for an entry with a random key. */
  readonly ofEntries: Int16Array;
  /** The load of each entry, in requests. */
  readonly entryLoads: Float64Array;
  /** The load of each slot, in requests. */
  readonly loads: Float64Array;
}

const noSlot = -1;

/** Finds the slot of each entry's ordering key. */
function readSlots(table: EntryTable, entries: readonly Entry[], { maxRecords, maxBytes }: BatchLimits, order: SendOrder): EntrySlots {
  const ofEntries = new Int16Array(entries.length);
  const entryLoads = new Float64Array(entries.length);
  const loads = new Float64Array(slotCount);
  const sizes = table.sizes.numbers;
  let key: string | undefined;
  let slot = noSlot;
  for (const [index, entry] of entries.entries()) {
    const before = key;
    key = orderingKeyOf(table, entry, order);
    if (key === undefined) slot = noSlot;
    else if (key !== before) slot = slotOf(key);
    const load = Math.max(1 / maxRecords, (sizes[entry] as number) / maxBytes);
    ofEntries[index] = slot;
    entryLoads[index] = load;
    if (slot !== noSlot) loads[slot] = (loads[slot] as number) + load;
  }
  return { ofEntries, entryLoads, loads };
}

interface FilledLane {
  readonly entries: Entry[];
  readonly slots: number[];
}

/** Fills lanes by the slots of entries; puts entries without a slot into the lightest lane. */
function fillLanes(entries: readonly Entry[], slots: EntrySlots, count: number, last: LanesOfSlots | undefined): FilledLane[] {
  const { ofEntries, entryLoads, loads } = slots;
  const { ofSlots, laneLoads } = assignSlots(loads, count, last);
  const lanes = Array.from({ length: count }, (): FilledLane => ({ entries: [], slots: [] }));
  for (const slot of usedSlots(loads)) lanes[ofSlots[slot] as number]?.slots.push(slot);
  for (const [index, entry] of entries.entries()) {
    const slot = ofEntries[index] as number;
    let lane = ofSlots[slot];
    if (lane === undefined) {
      lane = lightest(laneLoads);
      laneLoads[lane] = (laneLoads[lane] as number) + (entryLoads[index] as number);
    }
    lanes[lane]?.entries.push(entry);
  }
  return lanes.filter((lane) => lane.entries.length > 0);
}

function countBatches(lanes: readonly Lane[]): number {
  return lanes.reduce((sum, lane) => sum + lane.batches.length, 0);
}
