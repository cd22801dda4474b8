// Tests which shard a hash key falls in, at the borders of the ranges.
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { hashKeyOf, ShardMap, type Shard } from "../../../src/pack/shard_map.js";

const greatest = (1n << 128n) - 1n;

function shard(id: string, startingHashKey: bigint, endingHashKey: bigint): Shard {
  return { id, startingHashKey, endingHashKey };
}

describe("a shard map", () => {
  const thirds = [shard("low", 0n, 99n), shard("middle", 100n, 199n), shard("high", 200n, greatest)];

  it.each([
    [0n, "low"],
    [98n, "low"],
    [99n, "low"],
    [100n, "middle"],
    [101n, "middle"],
    [198n, "middle"],
    [199n, "middle"],
    [200n, "high"],
    [201n, "high"],
    [greatest - 1n, "high"],
    [greatest, "high"],
  ])("finds %i in the shard %s", (hashKey, id) => expect(new ShardMap(thirds).shardIdOf(hashKey)).toBe(id));

  it("accepts shards in any order, and does not change the list", () => {
    const [low, middle, high] = thirds as [Shard, Shard, Shard];
    for (const order of [[high, low, middle], [middle, high, low], [high, middle, low]]) {
      const given = [...order];
      const map = new ShardMap(given);
      expect([0n, 99n, 100n, 199n, 200n, greatest].map((hashKey) => map.shardIdOf(hashKey))).toEqual([
        "low", "low", "middle", "middle", "high", "high",
      ]);
      expect(given).toEqual(order);
    }
  });

  it("with one shard finds every hash key in it", () => {
    const map = new ShardMap([shard("all", 0n, greatest)]);
    expect([0n, 1n, 1n << 127n, greatest].map((hashKey) => map.shardIdOf(hashKey))).toEqual(["all", "all", "all", "all"]);
  });

  it("may have shards of a single hash key", () => {
    const map = new ShardMap([shard("a", 0n, 4n), shard("b", 5n, 5n), shard("c", 6n, greatest)]);
    expect([4n, 5n, 6n].map((hashKey) => map.shardIdOf(hashKey))).toEqual(["a", "b", "c"]);
  });

  it("finds no shard in its gaps, below its first shard and above its last", () => {
    const map = new ShardMap([shard("b", 30n, 39n), shard("a", 10n, 19n)]);
    const found = [9n, 10n, 19n, 20n, 29n, 30n, 39n, 40n, greatest].map((hashKey) => map.shardIdOf(hashKey));
    expect(found).toEqual([undefined, "a", "a", undefined, undefined, "b", "b", undefined, undefined]);
  });

  it("without shards finds no shard", () => {
    expect(new ShardMap([]).shardIdOf(0n)).toBeUndefined();
  });

  it("finds the right shard among many", () => {
    const width = (greatest + 1n) / 997n;
    const shards = Array.from({ length: 997 }, (_, n) =>
      shard(`shard ${n}`, BigInt(n) * width, n === 996 ? greatest : BigInt(n + 1) * width - 1n),
    );
    const map = new ShardMap(shards);
    for (const { id, startingHashKey, endingHashKey } of shards) {
      expect([map.shardIdOf(startingHashKey), map.shardIdOf(endingHashKey)]).toEqual([id, id]);
    }
  });
});

describe("the hash key", () => {
  it.each([
    ["00000000000000000000000000000000", 0n],
    ["00000000000000000000000000000001", 1n],
    ["0000000000000000000000000000ff00", 0xff00n],
    ["80000000000000000000000000000000", 1n << 127n],
    ["ffffffffffffffffffffffffffffffff", greatest],
  ])("of %s is %i, with the first byte as the highest", (hex, hashKey) => {
    expect(hashKeyOf(Buffer.from(hex, "hex"))).toBe(hashKey);
  });

  it("is computed from the key's UTF-8", () => {
    const md5 = createHash("md5").update("schlüssel").digest();
    expect(hashKeyOf(md5)).toBe(BigInt(`0x${md5.toString("hex")}`));
  });
});
