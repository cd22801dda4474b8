// Texts of values: found by steps into a record, cut to a number of characters.
import { ExtData } from "@msgpack/msgpack";
import { describe, expect, test } from "vitest";
import { inputOf } from "../../../src/chunk/msgpack.js";
import { maxPartitionKeyCharacters } from "../../../src/limits.js";
import { cutCharacters, stepsOf, ValueTextReader } from "../../../src/record/value_text.js";
import { encodeValue } from "../../support/event_chunk.js";

const keyOf = (body: unknown, ...path: readonly (string | number)[]) => {
  const bytes = body instanceof Uint8Array ? body : encodeValue(body);
  return new ValueTextReader(maxPartitionKeyCharacters).read(inputOf(bytes), 0, stepsOf(path));
};

describe("keys of records one after another", () => {
  const texts = ["pod-a", "pod-a", "pod-b", "pod-a", "pod-", "pod-a1", "", "pod-a1", "é", "é", "e\u0301"];
  const long = [1023, 1024, 1025].flatMap((bytes) => ["x", "x", "y"].map((letter) => letter.repeat(bytes)));

  test("are each record's own, whether the same as the one before or not", () => {
    const reader = new ValueTextReader(maxPartitionKeyCharacters);
    for (const text of [...texts, ...long, ...long, ...texts]) {
      const key = reader.read(inputOf(encodeValue({ k: text })), 0, stepsOf(["k"]));
      expect(key).toBe(text === "" ? undefined : text.slice(0, maxPartitionKeyCharacters));
    }
  });

  test("may be numbers between texts of the same bytes", () => {
    const reader = new ValueTextReader(maxPartitionKeyCharacters);
    const path = stepsOf(["k"]);
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
    ["a list's first value", { a: ["x", "y"] }, ["a", 0], "x"],
    ["a list's last value, in a map behind values of all forms", { a: [{ b: 1 }, [2], "no", { b: "x" }] }, ["a", 3, "b"], "x"],
    ["a list's end", { a: ["x", "y"] }, ["a", 2], undefined],
    ["a position in a map", { a: { 0: "x" } }, ["a", 0], undefined],
    ["a position in a text", { a: "x" }, ["a", 0], undefined],
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
