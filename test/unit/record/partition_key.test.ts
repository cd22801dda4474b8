// Partition keys: their length in bytes, and random keys.
import { describe, expect, test } from "vitest";
import { randomPartitionKey, utf8Bytes } from "../../../src/record/partition_key.js";
import { seededRandom } from "../../support/put_record.js";

test.each(["", "abc", "\u007f\u0080", "é\u07ff\u0800", "☃\ufffd\uffff", "𝄞a𝄞", "\u{10ffff}\ud7ff\ue000"])(
  "utf8Bytes(%j) is the length of the encoded text",
  (text) => {
    expect(utf8Bytes(text)).toBe(Buffer.byteLength(text));
  },
);

describe("a random key", () => {
  test("has the requested length and consists of letters and digits", () => {
    for (let run = 0; run < 200; run++) expect(randomPartitionKey(Math.random, 8)).toMatch(/^[a-zA-Z0-9]{8}$/);
  });

  test("uses all 62 characters, for random numbers from the lowest to the highest", () => {
    const first = Array.from({ length: 62 }, (_, index) => randomPartitionKey(() => (index + 0.5) / 62, 1));
    expect(new Set(first).size).toBe(62);
    expect(randomPartitionKey(() => 0, 2)).toBe("aa");
    expect(randomPartitionKey(() => 1 - Number.EPSILON / 2, 2)).toBe("99");
  });

  test("uses each character equally often at each position", () => {
    const random = seededRandom(5);
    const counts = Array.from({ length: 8 }, () => new Map<string, number>());
    const draws = 62 * 1000;
    for (let draw = 0; draw < draws; draw++) {
      Array.from(randomPartitionKey(random, 8)).forEach((character, place) => {
        counts[place]?.set(character, (counts[place].get(character) ?? 0) + 1);
      });
    }
    for (const count of counts) {
      expect(count.size).toBe(62);
      // Six times the standard deviation of a binomial count of 1000.
      for (const times of count.values()) expect(Math.abs(times - 1000)).toBeLessThan(190);
    }
  });
});
