// Partition keys: found by a path, made text, cut to what the service takes, or drawn.
import { ExtData } from "@msgpack/msgpack";
import { describe, expect, test } from "vitest";
import { inputOf } from "../../../src/chunk/msgpack.js";
import { maxPartitionKeyCharacters } from "../../../src/limits.js";
import {
  cutCharacters,
  PartitionKeyReader,
  randomPartitionKey,
  utf8Bytes,
} from "../../../src/record/partition_key.js";
import { encodeValue } from "../../support/event_chunk.js";
import { seededRandom } from "../../support/put_record.js";

const keyOf = (body: unknown, ...path: readonly string[]) => {
  const bytes = body instanceof Uint8Array ? body : encodeValue(body);
  return new PartitionKeyReader().read(inputOf(bytes), 0, path.map((key) => inputOf(Buffer.from(key))));
};

describe("keys of records one after another", () => {
  const texts = ["pod-a", "pod-a", "pod-b", "pod-a", "pod-", "pod-a1", "", "pod-a1", "é", "é", "e\u0301"];
  const long = [1023, 1024, 1025].flatMap((bytes) => ["x", "x", "y"].map((letter) => letter.repeat(bytes)));

  test("are each record's own, whether the same as the one before or not", () => {
    const reader = new PartitionKeyReader();
    for (const text of [...texts, ...long, ...long, ...texts]) {
      const key = reader.read(inputOf(encodeValue({ k: text })), 0, [inputOf(Buffer.from("k"))]);
      expect(key).toBe(text === "" ? undefined : text.slice(0, maxPartitionKeyCharacters));
    }
  });

  test("may be numbers between texts of the same bytes", () => {
    const reader = new PartitionKeyReader();
    const path = [inputOf(Buffer.from("k"))];
    const read = (value: unknown) => reader.read(inputOf(encodeValue({ k: value })), 0, path);
    expect([read("12"), read(12), read("12"), read(true), read("true"), read(null)]).toEqual(["12", "12", "12", "true", "true", undefined]);
  });
});

describe("the way to it", () => {
  test.each([
    ["one key", { a: "x" }, ["a"], "x"],
    ["three keys", { a: { b: { c: "x" } } }, ["a", "b", "c"], "x"],
    ["an empty key", { "": "x" }, [""], "x"],
    ["behind other values of all forms", { z: [1, { a: "no" }], y: "a", a: "x" }, ["a"], "x"],
    ["a missing key", { a: "x" }, ["b"], undefined],
    ["a key that only starts alike", { ab: "x" }, ["a"], undefined],
    ["through a text", { a: "x" }, ["a", "b"], undefined],
    ["through a list", { a: ["b", "x"] }, ["a", "b"], undefined],
    ["missing deeper down", { a: { b: { d: "x" } } }, ["a", "b", "c"], undefined],
  ] as const)("%s", (_, body, path, key) => {
    expect(keyOf(body, ...path)).toBe(key);
  });

  test("the last of several equal keys counts, as in a decoded map", () => {
    expect(keyOf(Buffer.from("82a161a178a161a179", "hex"), "a")).toBe("y");
  });

  test("passes over keys that are no text", () => {
    expect(keyOf(Buffer.from("8301a16e91c0a16ea161a178", "hex"), "a")).toBe("x");
  });
});

describe("the value at its end", () => {
  test.each([
    ["text", "pod-7f", "pod-7f"],
    ["binary", Buffer.from("bin"), "bin"],
    ["an integer", 7, "7"],
    ["a negative integer", -7, "-7"],
    ["an integer of 64 bits", 9007199254740993n, "9007199254740993"],
    ["a float", 1.5, "1.5"],
    ["true", true, "true"],
    ["an empty text", "", undefined],
    ["empty binary", Buffer.alloc(0), undefined],
    ["nil", null, undefined],
    ["a map", { b: "x" }, undefined],
    ["a list", ["x"], undefined],
    ["an extension", new ExtData(5, Buffer.from("xyz")), undefined],
    ["NaN", Number.NaN, undefined],
  ])("%s", (_, value, key) => {
    expect(keyOf({ a: value }, "a")).toBe(key);
  });

  test("invalid UTF-8 becomes U+FFFD", () => {
    expect(keyOf({ a: Buffer.from([0x61, 0xff, 0x62]) }, "a")).toBe("a\ufffdb");
  });

  test("a byte order mark is a character like others, so that no key becomes empty", () => {
    expect(keyOf({ a: "\ufeff" }, "a")).toBe("\ufeff");
    expect(keyOf({ a: "\ufeffx" }, "a")).toBe("\ufeffx");
  });
});

describe("at most 256 characters", () => {
  test.each([
    ["letters of one byte", "k"],
    ["of two bytes", "é"],
    ["of three bytes", "☃"],
    ["of four bytes, two UTF-16 units each", "𝄞"],
  ])("%s", (_, character) => {
    const limit = maxPartitionKeyCharacters;
    for (const count of [limit - 1, limit, limit + 1, limit * 2, limit * 4]) {
      const key = keyOf({ a: character.repeat(count) }, "a");
      expect(key).toBe(character.repeat(Math.min(count, limit)));
    }
  });

  test("a character of four bytes at the border goes in whole or not at all", () => {
    expect(cutCharacters("ab𝄞c", 2)).toBe("ab");
    expect(cutCharacters("ab𝄞c", 3)).toBe("ab𝄞");
    expect(cutCharacters("ab𝄞c", 4)).toBe("ab𝄞c");
  });
});

test.each(["", "abc", "\u007f\u0080", "é\u07ff\u0800", "☃\ufffd\uffff", "𝄞a𝄞", "\u{10ffff}\ud7ff\ue000"])(
  "utf8Bytes(%j) is what encoding it takes",
  (text) => {
    expect(utf8Bytes(text)).toBe(Buffer.byteLength(text));
  },
);

describe("a random key", () => {
  test("has the asked length, and letters and digits only", () => {
    for (let run = 0; run < 200; run++) expect(randomPartitionKey(Math.random, 8)).toMatch(/^[a-zA-Z0-9]{8}$/);
  });

  test("uses all 62 characters, from the lowest to the highest random number", () => {
    const first = Array.from({ length: 62 }, (_, index) => randomPartitionKey(() => (index + 0.5) / 62, 1));
    expect(new Set(first).size).toBe(62);
    expect(randomPartitionKey(() => 0, 2)).toBe("aa");
    expect(randomPartitionKey(() => 1 - Number.EPSILON / 2, 2)).toBe("99");
  });

  test("uses each of them as often at every place", () => {
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
