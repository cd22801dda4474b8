/** Splits the entries of a chunk into lanes, which are sent side by side without changing the order of any key. */
import { mapKey } from "../pack/map_key.js";
import type { Entry } from "../pack/entry.js";
import { cutBatches, type BatchLimits } from "../pack/batches.js";

/** Which entries of a chunk must keep their order: none, those of one key among each other, or all. */
export type SendOrder = "none" | "by key" | "one after another";

/** Batches that are sent one after another. */
export type Lane = Entry[][];

/**
 * Cuts entries into lanes of batches. With order to keep, all entries of one key are in one lane, in the order of the
 * chunk.
 *
 * Without order, each batch is a lane. By key, there are at most `maxLanes` lanes, and at most one batch for each lane
 * after the first more than without lanes.
 */
export function cutLanes(entries: readonly Entry[], limits: BatchLimits, order: SendOrder, maxLanes: number): Lane[] {
  const batches = cutBatches(entries, limits);
  if (order === "none") return batches.map((batch) => [batch]);
  if (batches.length === 0) return [];
  // Eight lanes for ten batches would take as long as five lanes of two batches each, but more requests.
  const batchesPerLane = order === "one after another" ? batches.length : Math.ceil(batches.length / maxLanes);
  const mostLanes = Math.ceil(batches.length / batchesPerLane);
  if (mostLanes === 1) return [batches];
  const keys = readKeys(entries);
  for (let count = mostLanes; count > 1; count >>= 1) {
    const lanes = fillLanes(entries, keys, count, limits).map((lane) => cutBatches(lane, limits));
    // Large entries can leave gaps in batches; fewer lanes leave fewer gaps.
    if (countBatches(lanes) < batches.length + lanes.length) return lanes;
  }
  return [batches];
}

/** The entries of an ordering key, or of a lane. */
interface Load {
  count: number;
  bytes: number;
}

interface OrderingKey extends Load {
  lane: OpenLane | undefined;
}

interface OpenLane extends Load {
  readonly entries: Entry[];
  /** In requests. */
  load: number;
}

interface OrderingKeys {
  readonly all: readonly OrderingKey[];
  /** The ordering key of each entry; undefined for an entry without one. */
  readonly ofEntries: readonly (OrderingKey | undefined)[];
}

/**
 * Finds the ordering key of each entry. That is its shard where the shards are known, since an aggregate holds the keys of
 * one shard; otherwise its partition key. Aggregates without a shard hold any keys, so they share one ordering key.
 */
function readKeys(entries: readonly Entry[]): OrderingKeys {
  const isAggregated = entries.some(({ shardId, events }) => shardId !== undefined || typeof events !== "number");
  const keys = new Map<string, OrderingKey>();
  const ofEntries: (OrderingKey | undefined)[] = [];
  let name: string | undefined;
  let key: OrderingKey | undefined;
  for (const { shardId, partitionKey, sizeBytes } of entries) {
    const before = name;
    name = isAggregated ? (shardId ?? "") : partitionKey;
    if (name === undefined) key = undefined;
    else if (name !== before) key = keyOf(keys, mapKey(name));
    if (key !== undefined) add(key, 1, sizeBytes);
    ofEntries.push(key);
  }
  return { all: [...keys.values()], ofEntries };
}

function keyOf(keys: Map<string, OrderingKey>, name: string): OrderingKey {
  let key = keys.get(name);
  if (key === undefined) {
    key = { count: 0, bytes: 0, lane: undefined };
    keys.set(name, key);
  }
  return key;
}

/** Puts the largest key first, each into the lightest lane ("longest processing time first": Graham, 1969). */
function fillLanes(entries: readonly Entry[], keys: OrderingKeys, count: number, limits: BatchLimits): Entry[][] {
  const requests = (load: Load) => Math.max(load.count / limits.maxRecords, load.bytes / limits.maxBytes);
  const lanes = Array.from({ length: count }, (): OpenLane => ({ entries: [], count: 0, bytes: 0, load: 0 }));
  for (const key of [...keys.all].sort((one, other) => requests(other) - requests(one))) {
    key.lane = lightest(lanes);
    add(key.lane, key.count, key.bytes);
    key.lane.load = requests(key.lane);
  }
  for (const [index, entry] of entries.entries()) {
    let lane = keys.ofEntries[index]?.lane;
    if (lane === undefined) {
      lane = lightest(lanes);
      add(lane, 1, entry.sizeBytes);
      lane.load = requests(lane);
    }
    lane.entries.push(entry);
  }
  return lanes.map((lane) => lane.entries).filter(({ length }) => length > 0);
}

function add(to: Load, count: number, bytes: number): void {
  to.count += count;
  to.bytes += bytes;
}

function lightest(lanes: readonly OpenLane[]): OpenLane {
  return lanes.reduce((least, lane) => (lane.load < least.load ? lane : least));
}

function countBatches(lanes: readonly Lane[]): number {
  return lanes.reduce((sum, lane) => sum + lane.length, 0);
}
