// msgpack values as JSON: every format, keys, extensions, and values without JSON.
import { encode, ExtData } from "@msgpack/msgpack";
import { describe, expect, test } from "vitest";
import { inputOf } from "../../../../src/chunk/msgpack.js";
import { maxNestingDepth } from "../../../../src/limits.js";
import { ByteSink } from "../../../../src/bytes/byte_sink.js";
import { JsonWriter } from "../../../../src/record/json/value.js";
import { jsonOf } from "../../../support/shaped_record.js";
import { inTimeZone } from "../../../support/time_zone.js";

const bytesOf = (...parts: readonly (number | Uint8Array)[]) =>
  Buffer.concat(parts.map((part) => (typeof part === "number" ? Uint8Array.of(part) : part)));

function integer(head: number, value: bigint): Uint8Array {
  const bytes = Buffer.alloc(9);
  bytes[0] = head;
  bytes.writeBigUInt64BE(BigInt.asUintN(64, value), 1);
  return bytes;
}

describe("JSON of integers", () => {
  test("all integers of one byte, signed and unsigned, are exact", () => {
    for (let value = 0; value < 256; value++) {
      const signed = value < 128 ? value : value - 256;
      expect(jsonOf(Uint8Array.of(0xcc, value)).text).toBe(String(value));
      expect(jsonOf(Uint8Array.of(0xd0, value)).text).toBe(String(signed));
      if (value < 0x80 || value >= 0xe0) expect(jsonOf(Uint8Array.of(value)).text).toBe(String(signed));
    }
  });

  test.each([
    ["uint 16", [0xcd, 0xff, 0xff], "65535"],
    ["uint 32", [0xce, 0xff, 0xff, 0xff, 0xff], "4294967295"],
    ["int 16", [0xd1, 0x80, 0x00], "-32768"],
    ["int 32", [0xd2, 0x80, 0x00, 0x00, 0x00], "-2147483648"],
  ] as const)("the extreme value of %s is exact", (_, bytes, text) => {
    expect(jsonOf(Uint8Array.from(bytes)).text).toBe(text);
  });

  test.each([
    0n, 9007199254740991n, 9007199254740992n, 9007199254740993n, 18446744073709551614n, 18446744073709551615n,
  ])("uint 64 %s is exact", (value) => {
    expect(jsonOf(integer(0xcf, value)).text).toBe(value.toString());
  });

  test.each([
    0n, -1n, 9223372036854775807n, -9223372036854775808n, -9007199254740993n,
  ])("int 64 %s is exact", (value) => {
    expect(jsonOf(integer(0xd3, value)).text).toBe(value.toString());
  });
});

test.each([
  [null, "null"], [true, "true"], [false, "false"], ["", '""'], ["text", '"text"'], [1.5, "1.5"], [[], "[]"], [{}, "{}"],
  [[1, [2, []], {}], "[1,[2,[]],{}]"], [{ a: { b: [null] }, c: "d" }, '{"a":{"b":[null]},"c":"d"}'],
] as const)("%j is written as JSON without blanks", (value, text) => {
  expect(jsonOf(encode(value)).text).toBe(text);
});

test("a 32-bit float is written as a double", () => {
  expect(jsonOf(encode(0.1, { forceFloat32: true })).text).toBe("0.10000000149011612");
});

test.each([0, 31, 32, 255, 256, 65_535, 65_536])("a text, a list and a map of the size %s are written as JSON", (count) => {
  const text = "a".repeat(count);
  const list = new Array<number>(count).fill(1);
  const map = Object.fromEntries(list.map((_, index) => [`k${index}`, index]));
  expect(jsonOf(encode(text)).text).toBe(JSON.stringify(text));
  expect(jsonOf(encode(list)).text).toBe(JSON.stringify(list));
  expect(jsonOf(encode(map)).text).toBe(JSON.stringify(map));
});

test.each([1, 255, 256, 65_536])("binary of %s bytes is written as text", (count) => {
  expect(jsonOf(encode(Buffer.alloc(count, "b"))).text).toBe(JSON.stringify("b".repeat(count)));
});

describe("with any initial room in the sink", () => {
  const longestFloat = -0.0000010022886875520671;
  const longest = "-0.0000010022886875520671";
  const key = "k".repeat(40);

  test.each<[string, Uint8Array, string]>([
    ["floats of 25 characters", encode([longestFloat, longestFloat, longestFloat]), `[${longest},${longest},${longest}]`],
    ["the smallest integers", bytesOf(0x92, integer(0xd3, -(2n ** 63n)), integer(0xd3, -(2n ** 63n))), "[-9223372036854775808,-9223372036854775808]"],
    ["empty maps and lists", encode([{}, [], {}, []]), "[{},[],{},[]]"],
    ["lists in lists", encode([[[[[[]]]]]]), "[[[[[[]]]]]]"],
    ["texts of control characters", encode(["\u0001".repeat(20), "\u0001".repeat(40)]), `["${"\\u0001".repeat(20)}","${"\\u0001".repeat(40)}"]`],
    ["broken UTF-8", bytesOf(0x91, 0xb4, Buffer.alloc(20, 0xff)), `["${"\ufffd".repeat(20)}"]`],
    ["long keys", encode({ [key]: { [`${key}"`]: 1 } }), `{"${key}":{"${key}\\"":1}}`],
    ["keys that are floats", bytesOf(0x81, encode(longestFloat), 0x81, encode(longestFloat), 0xc0), `{"${longest}":{"${longest}":null}}`],
    ["extensions", encode([new ExtData(7, Uint8Array.of(1, 2)), new ExtData(7, Uint8Array.of(1))]),
      '[{"Tag":7,"Data":"AQI=","Value":null},{"Tag":7,"Data":"AQ==","Value":null}]'],
  ])("%s are written completely", (_, value, text) => {
    const input = inputOf(value);
    for (let room = 1; room <= text.length + 64; room++) {
      const sink = new ByteSink(room);
      const end = new JsonWriter(undefined).write(input, 0, sink);
      expect([end, Buffer.from(sink.bytes.subarray(0, sink.length)).toString()]).toEqual([value.length, text]);
    }
  });
});

test("the JSON writer writes all repeated keys, in their order", () => {
  expect(jsonOf(bytesOf(0x82, encode("a"), encode(1), encode("a"), encode(2))).text).toBe('{"a":1,"a":2}');
});

describe("a key that is not text", () => {
  test.each([
    ["an integer", encode(7), "7"],
    ["a negative integer", encode(-7), "-7"],
    ["a 64-bit integer", integer(0xd3, -9223372036854775808n), "-9223372036854775808"],
    ["a float", encode(1.5), "1.5"],
    ["true", encode(true), "true"],
    ["nil", encode(null), "null"],
    ["binary", encode(Buffer.from("bin")), "bin"],
    ["a timestamp", encode(new ExtData(-1, Buffer.from("5f000000", "hex"))), "2020-07-04T04:05:20Z"],
  ])("is written as its text: %s", (_, key, text) => {
    expect(jsonOf(bytesOf(0x81, key, encode(1))).text).toBe(`{"${text}":1}`);
  });

  test.each([
    ["a map", encode({})],
    ["a list", encode([])],
    ["an extension", encode(new ExtData(5, Buffer.from("x")))],
  ])("fails if it is %s", (_, key) => {
    expect(jsonOf(bytesOf(0x81, key, encode(1))).failure).toBe("has a map, a list or an extension as a key");
  });

  test("fails if it is NaN", () => {
    expect(jsonOf(bytesOf(0x81, encode(Number.NaN), encode(1))).failure).toMatch(/NaN/);
  });
});

describe("writing fails with its reason for", () => {
  test.each([
    ["a 64-bit NaN", encode(Number.NaN)],
    ["a 32-bit NaN", encode(Number.NaN, { forceFloat32: true })],
    ["infinity", encode(Number.POSITIVE_INFINITY)],
    ["negative infinity", encode({ a: [Number.NEGATIVE_INFINITY] })],
  ])("%s", (_, value) => {
    expect(jsonOf(value).failure).toBe("holds NaN or an infinite number, which JSON does not have");
  });

  test("the byte that msgpack never uses", () => {
    expect(jsonOf(bytesOf(0x91, 0xc1)).failure).toBe("has a byte that msgpack never uses");
  });
});

describe("JSON of extensions", () => {
  const eventTime = (seconds: number, nanoseconds: number) => {
    const data = Buffer.alloc(8);
    data.writeUInt32BE(seconds, 0);
    data.writeUInt32BE(nanoseconds, 4);
    return encode(new ExtData(0, data));
  };

  test.each([
    [0, 0, "1970-01-01T00:00:00Z"],
    [1_700_000_000, 123_456_789, "2023-11-14T22:13:20.123456789Z"],
    [1_700_000_000, 120_000_000, "2023-11-14T22:13:20.12Z"],
    [0xffff_ffff, 1, "2106-02-07T06:28:15.000000001Z"],
  ])("an event time of %s s and %s ns is %s", (seconds, nanoseconds, text) => {
    expect(inTimeZone("UTC", () => jsonOf(eventTime(seconds, nanoseconds)).text)).toBe(`"${text}"`);
  });

  test.each([0, 1, 2, 3, 4, 8, 15, 16, 17, 255, 256, 65_536])("an unknown extension of %s bytes is written as its type and data", (count) => {
    const data = Buffer.from(Array.from({ length: count }, (_, index) => (index * 7) & 0xff));
    const { text = "" } = jsonOf(encode(new ExtData(5, data)));
    expect(JSON.parse(text)).toEqual({ Tag: 5, Data: data.toString("base64"), Value: null });
  });

  test.each([[-2, 254], [-128, 128], [127, 127]])("the extension type %s is written as the tag %s", (type, tag) => {
    expect(jsonOf(encode(new ExtData(type, Uint8Array.of(1)))).text).toBe(`{"Tag":${tag},"Data":"AQ==","Value":null}`);
  });
});

describe("nested values", () => {
  const nested = (depth: number, head: readonly number[]) =>
    Buffer.concat([...new Array<Uint8Array>(depth).fill(Uint8Array.from(head)), Uint8Array.of(0xc0)]);

  test.each([
    ["lists", [0x91]],
    ["maps", [0x81, 0xa0]],
  ])("that are %s are written up to the maximum depth and fail beyond it", (_, head) => {
    expect(() => JSON.parse(jsonOf(nested(maxNestingDepth - 1, head)).text ?? "") as unknown).not.toThrow();
    expect(() => JSON.parse(jsonOf(nested(maxNestingDepth, head)).text ?? "") as unknown).not.toThrow();
    expect(jsonOf(nested(maxNestingDepth + 1, head)).failure).toBe("is nested too deeply");
    expect(jsonOf(nested(1_000_000, head)).failure).toBe("is nested too deeply");
  });
});

describe("replace_dots", () => {
  test.each([
    ["_", '{"a_b":{"c_d":1}}'],
    ["", '{"ab":{"cd":1}}'],
    ["--", '{"a--b":{"c--d":1}}'],
    ["é", '{"aéb":{"céd":1}}'],
    ['"', '{"a\\"b":{"c\\"d":1}}'],
  ])("replaces dots by %j, also in nested maps", (replacement, text) => {
    expect(jsonOf(encode({ "a.b": { "c.d": 1 } }), replacement).text).toBe(text);
  });

  test("replaces dots in keys of maps in lists, and in lists of lists", () => {
    expect(jsonOf(encode([{ "a.b": [[{ ".": 1 }]] }]), "_").text).toBe('[{"a_b":[[{"_":1}]]}]');
  });

  test("leaves values and number keys unchanged", () => {
    expect(jsonOf(bytesOf(0x82, encode(1.5), encode("a.b"), encode("..x.."), encode(2.5)), "_").text).toBe(
      '{"1.5":"a.b","__x__":2.5}',
    );
  });
});
