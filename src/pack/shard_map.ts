/** Which shard a hash key falls in. */

/** An open shard of the stream: both ends belong to it. Source: Kinesis API Reference, HashKeyRange. */
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

  /** Whether these, in any order, are the shards of this map. */
  hasAll(shards: readonly Shard[]): boolean {
    const others = new Map(shards.map((shard) => [shard.id, shard]));
    return shards.length === this.#shards.length && this.#shards.every(({ id, startingHashKey, endingHashKey }) => {
      const other = others.get(id);
      return other?.startingHashKey === startingHashKey && other.endingHashKey === endingHashKey;
    });
  }

  /** The shard's id; undefined when the map has a gap there. */
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

/** The 128-bit number that the service makes of a partition key's MD5. Source: Kinesis API Reference, PutRecords. */
export function hashKeyOf(md5: Uint8Array): bigint {
  const view = new DataView(md5.buffer, md5.byteOffset, md5.byteLength);
  return (view.getBigUint64(0) << 64n) | view.getBigUint64(8);
}
