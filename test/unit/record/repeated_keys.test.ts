// Repeated keys at the top of a record: only the last entry of each is left.
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

describe("a record with a key twice", () => {
  const record = mapOf([["a", 1], ["b", { a: 1 }], ["a", 2], ["c", 3], ["b", 4]]);

  test("has the last of each, where it stands", () => {
    expect(shape(record).text).toBe('{"a":2,"c":3,"b":4}');
  });

  test("whether the key came as text or as binary", () => {
    expect(shape(mapOf([["a", 1], [Buffer.from("a"), 2]])).text).toBe('{"a":2}');
  });

  test("with data_keys, log_key, time_key and the partition key", () => {
    expect(shape(record, { dataKeys: ["a", "b"] }).text).toBe('{"a":2,"b":4}');
    expect(shape(record, { logKey: "b" }).text).toBe("4");
    expect(shape(mapOf([["t", 1], ["t", 2]]), { time: epochTime("t") }, 5).text).toBe('{"t":"5"}');
    expect(shape(mapOf([["p", "x"], ["p", "y"]]), { partitionKey: parseKeyExpression("p") })).toMatchObject({ text: '{"p":"y"}', partitionKey: "y" });
  });

  test("is not refused for what a later entry replaces", () => {
    expect(shape(mapOf([["a", Number.NaN], ["a", 2]])).text).toBe('{"a":2}');
  });

  test("keeps keys that are numbers, even equal ones", () => {
    expect(shape(mapOf([[1, "x"], ["1", "y"]])).text).toBe('{"1":"x","1":"y"}');
  });
});

test("any record comes out with the last entry of each key, in the order of these", () => {
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

test("offsets of all but the last entry of each key", () => {
  const map = mapOf([["a", 1], ["b", 1], ["a", 2], ["a", 3]]);
  expect([...repeatedKeys(inputOf(map), 0)]).toEqual([3, 9]);
  expect(repeatedKeys(inputOf(mapOf([])), 0).size).toBe(0);
});

test("a new map's keys are not those of the one before, over and over", () => {
  const input = inputOf(Buffer.from("_key_"));
  const memory = new KeyMemory();
  for (let map = 0; map < 1000; map++) {
    memory.startMap();
    expect(memory.mayRepeat(input, 1, 3)).toBe(false);
    expect(memory.mayRepeat(input, 1, 3)).toBe(true);
  }
});

describe("the memory of keys", () => {
  /** Which of these keys of one map may be repeated ones. */
  function asked(keys: readonly string[]): boolean[] {
    const bytes = Buffer.from(keys.join(""));
    const memory = new KeyMemory();
    memory.startMap();
    let start = 0;
    return keys.map((key) => {
      const answer = memory.mayRepeat(inputOf(bytes), start, key.length);
      start += key.length;
      return answer;
    });
  }

  test.each([
    [["req_id", "res_id"]],
    [["start_ms", "stall_ms"]],
    [["axx-xxx", "aXx-xxx", "axx-xXx"]],
    [[""]],
  ])("tells keys apart that look alike, so that no record is walked twice for them: %j", (keys) => {
    expect(asked(keys)).toEqual(keys.map(() => false));
    expect(asked([...keys, ...keys])).toEqual([...keys.map(() => false), ...keys.map(() => true)]);
  });

  test.each([256, 257])("takes 256 keys of a map, of %i", (count) => {
    const letter = (number: number) => String.fromCharCode(97 + number);
    const keys = Array.from({ length: count }, (_, index) => `${letter(index % 16)}${"-".repeat(index % 5)}${letter(index >> 4)}`);
    expect(asked(keys).filter(Boolean)).toHaveLength(count - 256);
  });

  test("of keys that all want one place asks for few", () => {
    const alike = Array.from({ length: 100 }, (_, index) => `a${index + 100}_z`.padEnd(9, "_"));
    const keys = alike.map((key) => `${key.slice(0, 1)}${key.slice(1, 4)}_xxxz`);
    expect(asked(keys).filter((isAsked) => !isAsked).length).toBeLessThan(100);
  });
});

test("no key is looked up as a number, whose hash anybody can foretell", () => {
  const lookUp = vi.spyOn(Map.prototype, "get");
  repeatedKeys(inputOf(mapOf([["4096", 1], ["8192", 2], ["4096", 3]])), 0);
  const asked = lookUp.mock.calls.map(([key]) => String(key));
  lookUp.mockRestore();
  expect(asked).toHaveLength(3);
  for (const key of asked) expect(key).toMatch(/^\D/);
});
