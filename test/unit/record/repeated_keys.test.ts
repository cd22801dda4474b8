// Repeated top-level keys of a record: only the last entry of each key is sent.
import { encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { inputOf } from "../../../src/chunk/msgpack.js";
import { parseKeyExpression } from "../../../src/record/key_expression.js";
import { KeyMemory, repeatedKeys } from "../../../src/record/repeated_keys.js";
import { epochTime, shape } from "../../support/shaped_record.js";

const mapOf = (entries: readonly (readonly [unknown, unknown])[]) =>
  Buffer.concat([
    Uint8Array.of(0xde, entries.length >> 8, entries.length & 0xff),
    ...entries.flatMap(([key, value]) => [encode(key), encode(value)]),
  ]);

describe("a record with repeated keys", () => {
  const record = mapOf([["a", 1], ["b", { a: 1 }], ["a", 2], ["c", 3], ["b", 4]]);

  test("keeps the last entry of each key in its place", () => {
    expect(shape(record).text).toBe('{"a":2,"c":3,"b":4}');
  });

  test("keeps the last entry also if one key is text and the other binary", () => {
    expect(shape(mapOf([["a", 1], [Buffer.from("a"), 2]])).text).toBe('{"a":2}');
  });

  test("keeps the last entry also with data_keys, log_key, time_key and partition_key", () => {
    expect(shape(record, { dataKeys: ["a", "b"] }).text).toBe('{"a":2,"b":4}');
    expect(shape(record, { logKey: "b" }).text).toBe("4");
    expect(shape(mapOf([["t", 1], ["t", 2]]), { time: epochTime("t") }, 5).text).toBe('{"t":"5"}');
    expect(shape(mapOf([["p", "x"], ["p", "y"]]), { partitionKey: parseKeyExpression("p") })).toMatchObject({ text: '{"p":"y"}', partitionKey: "y" });
  });

  test("is not refused for an invalid value that a later entry overrides", () => {
    expect(shape(mapOf([["a", Number.NaN], ["a", 2]])).text).toBe('{"a":2}');
  });

  test("keeps a number key and a text key with the same text", () => {
    expect(shape(mapOf([[1, "x"], ["1", "y"]])).text).toBe('{"1":"x","1":"y"}');
  });
});

test("any record is sent with the last entry of each key, in the order of these entries", () => {
  const key = fc.oneof(fc.constantFrom("", "a", "b", "aa"), fc.string({ maxLength: 3 }));
  const seen = { repeated: 0, unique: 0 };
  fc.assert(
    fc.property(fc.array(fc.tuple(key, fc.nat()), { maxLength: 40 }), (entries) => {
      const kept = entries.filter(([name], index) => !entries.slice(index + 1).some(([later]) => later === name));
      seen[kept.length === entries.length ? "unique" : "repeated"]++;
      const expected = kept.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(",");
      expect(shape(mapOf(entries)).text).toBe(`{${expected}}`);
    }),
    { numRuns: 1000 },
  );
  expect(Math.min(seen.repeated, seen.unique)).toBeGreaterThan(50);
});

test("repeatedKeys returns the offsets of all but the last entry of each key", () => {
  const map = mapOf([["a", 1], ["b", 1], ["a", 2], ["a", 3]]);
  expect([...repeatedKeys(inputOf(map), 0)]).toEqual([3, 9]);
  expect(repeatedKeys(inputOf(mapOf([])), 0).size).toBe(0);
});

test("KeyMemory forgets the keys of the previous map at each new map", () => {
  const input = inputOf(Buffer.from("_key_"));
  const memory = new KeyMemory();
  for (let map = 0; map < 1000; map++) {
    memory.startMap();
    expect(memory.mayRepeat(input, 1, 3)).toBe(false);
    expect(memory.mayRepeat(input, 1, 3)).toBe(true);
  }
});

describe("KeyMemory", () => {
  /** Returns for each of these keys of one map whether it may be a repeated one. */
  function mayRepeat(keys: readonly string[]): boolean[] {
    const bytes = Buffer.from(keys.join(""));
    const memory = new KeyMemory();
    memory.startMap();
    let start = 0;
    return keys.map((key) => {
      const isRepeated = memory.mayRepeat(inputOf(bytes), start, key.length);
      start += key.length;
      return isRepeated;
    });
  }

  test.each([
    [["req_id", "res_id"]],
    [["start_ms", "stall_ms"]],
    [["axx-xxx", "aXx-xxx", "axx-xXx"]],
    [[""]],
  ])("distinguishes similar keys, so that their record is not walked twice: %j", (keys) => {
    expect(mayRepeat(keys)).toEqual(keys.map(() => false));
    expect(mayRepeat([...keys, ...keys])).toEqual([...keys.map(() => false), ...keys.map(() => true)]);
  });

  test.each([256, 257])("remembers 256 keys of a map with %i", (count) => {
    const letter = (number: number) => String.fromCharCode(97 + number);
    const keys = Array.from({ length: count }, (_, index) => `${letter(index % 16)}${"-".repeat(index % 5)}${letter(index >> 4)}`);
    expect(mayRepeat(keys).filter(Boolean)).toHaveLength(count - 256);
  });

  test("gives up on keys that all hash to one slot", () => {
    const alike = Array.from({ length: 100 }, (_, index) => `a${index + 100}_z`.padEnd(9, "_"));
    const keys = alike.map((key) => `${key.slice(0, 1)}${key.slice(1, 4)}_xxxz`);
    expect(mayRepeat(keys).filter((isRepeated) => !isRepeated).length).toBeLessThan(100);
  });
});

test("repeatedKeys looks up no key as a number, whose hash is predictable", () => {
  const lookUp = vi.spyOn(Map.prototype, "get");
  repeatedKeys(inputOf(mapOf([["4096", 1], ["8192", 2], ["4096", 3]])), 0);
  const keys = lookUp.mock.calls.map(([key]) => String(key));
  lookUp.mockRestore();
  expect(keys).toHaveLength(3);
  for (const key of keys) expect(key).toMatch(/^\D/);
});
