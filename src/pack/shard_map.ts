/** Finds the shard of a hash key. */

/** An open shard of a stream; both ends of its range are inclusive. Source: Kinesis API Reference, HashKeyRange. */
export interface Shard {
  readonly id: string;
  readonly startingHashKey: bigint;
  readonly endingHashKey: bigint;
}

/** The open shards of a stream at one moment. */
export class ShardMap {
  readonly #shards: readonly Shard[];

  constructor(shards: readonly Shard[]) {
    this.#shards = [...shards].sort((a, b) => (a.startingHashKey < b.startingHashKey ? -1 : 1));
  }

  /** Returns whether the map has exactly these shards, in any order. */
  hasAll(shards: readonly Shard[]): boolean {
    const others = new Map(shards.map((shard) => [shard.id, shard]));
    return shards.length === this.#shards.length && this.#shards.every(({ id, startingHashKey, endingHashKey }) => {
      const other = others.get(id);
      return other?.startingHashKey === startingHashKey && other.endingHashKey === endingHashKey;
    });
  }

  /** Returns the id of the shard of a hash key; undefined in a gap of the map. */
  shardIdOf(hashKey: bigint): string | undefined {
    let low = 0;
    let high = this.#shards.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#shards[middle] as Shard).startingHashKey <= hashKey) low = middle + 1;
      else high = middle;
    }
    const shard = this.#shards[low - 1];
    return shard !== undefined && hashKey <= shard.endingHashKey ? shard.id : undefined;
  }
}

/** Returns a partition key's hash key: its MD5 as a 128-bit number. Source: Kinesis API Reference, PutRecords. */
export function hashKeyOf(md5: Uint8Array): bigint {
  const view = new DataView(md5.buffer, md5.byteOffset, md5.byteLength);
  return (view.getBigUint64(0) << 64n) | view.getBigUint64(8);
}
