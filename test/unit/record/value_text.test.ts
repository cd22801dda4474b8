// ValueTextReader: finds a value by steps into a record and returns its text, cut to a number of characters.
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

describe("partition keys of successive records", () => {
  const texts = ["pod-a", "pod-a", "pod-b", "pod-a", "pod-", "pod-a1", "", "pod-a1", "é", "é", "e\u0301"];
  const long = [1023, 1024, 1025].flatMap((bytes) => ["x", "x", "y"].map((letter) => letter.repeat(bytes)));

  test("are each record's own, equal to the previous one or not", () => {
    const reader = new ValueTextReader(maxPartitionKeyCharacters);
    for (const text of [...texts, ...long, ...long, ...texts]) {
      const key = reader.read(inputOf(encodeValue({ k: text })), 0, stepsOf(["k"]));
      expect(key).toBe(text === "" ? undefined : text.slice(0, maxPartitionKeyCharacters));
    }
  });

  test("may alternate between numbers and texts with the same characters", () => {
    const reader = new ValueTextReader(maxPartitionKeyCharacters);
    const path = stepsOf(["k"]);
    const read = (value: unknown) => reader.read(inputOf(encodeValue({ k: value })), 0, path);
    expect([read("12"), read(12), read("12"), read(true), read("true"), read(null)]).toEqual(["12", "12", "12", "true", "true", undefined]);
  });
});

describe("the steps of a path lead", () => {
  test.each([
    ["over one key", { a: "x" }, ["a"], "x"],
    ["over three keys", { a: { b: { c: "x" } } }, ["a", "b", "c"], "x"],
    ["over an empty key", { "": "x" }, [""], "x"],
    ["past other values of all kinds", { z: [1, { a: "no" }], y: "a", a: "x" }, ["a"], "x"],
    ["over a missing key", { a: "x" }, ["b"], undefined],
    ["over a missing key that is a prefix of another one", { ab: "x" }, ["a"], undefined],
    ["into a text by a key", { a: "x" }, ["a", "b"], undefined],
    ["into a list by a key", { a: ["b", "x"] }, ["a", "b"], undefined],
    ["to a list's first value", { a: ["x", "y"] }, ["a", 0], "x"],
    ["to a map at the end of a list, past values of all kinds", { a: [{ b: 1 }, [2], "no", { b: "x" }] }, ["a", 3, "b"], "x"],
    ["past the end of a list", { a: ["x", "y"] }, ["a", 2], undefined],
    ["into a map by a position", { a: { 0: "x" } }, ["a", 0], undefined],
    ["into a text by a position", { a: "x" }, ["a", 0], undefined],
    ["over a missing nested key", { a: { b: { d: "x" } } }, ["a", "b", "c"], undefined],
  ] as const)("%s: %j by %j to %j", (_, body, path, key) => {
    expect(keyOf(body, ...path)).toBe(key);
  });

  test("over the last of several equal keys, as in a decoded map", () => {
    expect(keyOf(Buffer.from("82a161a178a161a179", "hex"), "a")).toBe("y");
  });

  test("past keys that are not text", () => {
    expect(keyOf(Buffer.from("8301a16e91c0a16ea161a178", "hex"), "a")).toBe("x");
  });
});

describe("the text of a value", () => {
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
  ])("is found for text, numbers and booleans only: %s", (_, value, key) => {
    expect(keyOf({ a: value }, "a")).toBe(key);
  });

  test("has U+FFFD for invalid UTF-8", () => {
    expect(keyOf({ a: Buffer.from([0x61, 0xff, 0x62]) }, "a")).toBe("a\ufffdb");
  });

  test("keeps a byte order mark, so that no key becomes empty", () => {
    expect(keyOf({ a: "\ufeff" }, "a")).toBe("\ufeff");
    expect(keyOf({ a: "\ufeffx" }, "a")).toBe("\ufeffx");
  });
});

describe("a text is cut to 256 characters", () => {
  test.each([
    ["one byte", "k"],
    ["two bytes", "é"],
    ["three bytes", "☃"],
    ["four bytes, two UTF-16 units", "𝄞"],
  ])("of %s each", (_, character) => {
    const limit = maxPartitionKeyCharacters;
    for (const count of [limit - 1, limit, limit + 1, limit * 2, limit * 4]) {
      const key = keyOf({ a: character.repeat(count) }, "a");
      expect(key).toBe(character.repeat(Math.min(count, limit)));
    }
  });

  test("without splitting a character of four bytes at the limit", () => {
    expect(cutCharacters("ab𝄞c", 2)).toBe("ab");
    expect(cutCharacters("ab𝄞c", 3)).toBe("ab𝄞");
    expect(cutCharacters("ab𝄞c", 4)).toBe("ab𝄞c");
  });
});
