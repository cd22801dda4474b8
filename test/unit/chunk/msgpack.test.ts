// Ends and heads of msgpack values, for each format of the specification.
import { describe, expect, test } from "vitest";
import { emptyHead, inputOf, readHead, readNumber, skipValue } from "../../../src/chunk/msgpack.js";

const bytesOf = (...parts: readonly (number | readonly number[])[]) => Uint8Array.from(parts.flat());
const fill = (count: number, byte = 0x01) => new Array<number>(count).fill(byte);
const headOf = (bytes: Uint8Array) => {
  const head = emptyHead();
  readHead(inputOf(bytes), 0, head);
  return head;
};

/** One value of each format, with its content. */
const forms: readonly (readonly [name: string, bytes: Uint8Array])[] = [
  ["positive fixint", bytesOf(0x7f)],
  ["fixmap", bytesOf(0x82, fill(4))],
  ["fixarray", bytesOf(0x93, fill(3))],
  ["empty fixmap", bytesOf(0x80)],
  ["empty fixarray", bytesOf(0x90)],
  ["fixstr", bytesOf(0xa3, fill(3))],
  ["longest fixstr", bytesOf(0xbf, fill(31))],
  ["nil", bytesOf(0xc0)],
  ["never used", bytesOf(0xc1)],
  ["false", bytesOf(0xc2)],
  ["true", bytesOf(0xc3)],
  ["bin 8", bytesOf(0xc4, 2, fill(2))],
  ["bin 16", bytesOf(0xc5, 1, 0, fill(256))],
  ["bin 32", bytesOf(0xc6, 0, 0, 1, 0, fill(256))],
  ["ext 8", bytesOf(0xc7, 3, 0xff, fill(3))],
  ["ext 16", bytesOf(0xc8, 1, 0, 5, fill(256))],
  ["ext 32", bytesOf(0xc9, 0, 0, 1, 0, 5, fill(256))],
  ["float 32", bytesOf(0xca, fill(4))],
  ["float 64", bytesOf(0xcb, fill(8))],
  ["uint 8", bytesOf(0xcc, fill(1))],
  ["uint 16", bytesOf(0xcd, fill(2))],
  ["uint 32", bytesOf(0xce, fill(4))],
  ["uint 64", bytesOf(0xcf, fill(8))],
  ["int 8", bytesOf(0xd0, fill(1))],
  ["int 16", bytesOf(0xd1, fill(2))],
  ["int 32", bytesOf(0xd2, fill(4))],
  ["int 64", bytesOf(0xd3, fill(8))],
  ["fixext 1", bytesOf(0xd4, 5, fill(1))],
  ["fixext 2", bytesOf(0xd5, 5, fill(2))],
  ["fixext 4", bytesOf(0xd6, 5, fill(4))],
  ["fixext 8", bytesOf(0xd7, 5, fill(8))],
  ["fixext 16", bytesOf(0xd8, 5, fill(16))],
  ["str 8", bytesOf(0xd9, 2, fill(2))],
  ["str 16", bytesOf(0xda, 1, 0, fill(256))],
  ["str 32", bytesOf(0xdb, 0, 0, 1, 0, fill(256))],
  ["array 16", bytesOf(0xdc, 1, 0, fill(256))],
  ["array 32", bytesOf(0xdd, 0, 0, 1, 0, fill(256))],
  ["map 16", bytesOf(0xde, 1, 0, fill(512))],
  ["map 32", bytesOf(0xdf, 0, 0, 1, 0, fill(512))],
  ["negative fixint", bytesOf(0xe0)],
];

describe("skipValue", () => {
  test.each(forms)("skips a value of the format %s and no more", (_, bytes) => {
    const followed = bytesOf(0xc0, [...bytes], 0xc0, 0xc0);
    expect(skipValue(inputOf(followed), 1)).toBe(1 + bytes.length);
    expect(skipValue(inputOf(bytes), 0)).toBe(bytes.length);
  });

  test.each(forms)("returns -1 for a value of the format %s cut at any byte", (_, bytes) => {
    for (let length = 0; length < bytes.length; length++) {
      expect(skipValue(inputOf(bytes.subarray(0, length)), 0)).toBe(-1);
    }
  });

  test.each([
    ["bin 32", 0xc6], ["ext 32", 0xc9], ["str 32", 0xdb], ["array 32", 0xdd], ["map 32", 0xdf],
  ] as const)("returns -1 for a %s whose length field claims 4 GiB", (_, head) => {
    expect(skipValue(inputOf(bytesOf(head, fill(4, 0xff), 0x01, 0x01)), 0)).toBe(-1);
  });

  test("skips a million nested lists without a stack overflow", () => {
    const nested = new Uint8Array(1_000_001).fill(0x91);
    expect(skipValue(inputOf(nested), 0)).toBe(-1);
    nested[1_000_000] = 0xc0;
    expect(skipValue(inputOf(nested), 0)).toBe(nested.length);
  });

  test("reads only the view's part of the buffer", () => {
    const part = bytesOf(0xc0, 0xd9, 1, 0x61, 0xc0).subarray(1, 4);
    expect(skipValue(inputOf(part), 0)).toBe(3);
  });
});

describe("readHead", () => {
  test.each([
    ["fixmap", bytesOf(0x82), "map", 2, 1],
    ["fixarray", bytesOf(0x9f), "array", 15, 1],
    ["fixstr", bytesOf(0xbf), "text", 31, 1],
    ["bin 8", bytesOf(0xc4, 0xff), "text", 255, 2],
    ["bin 16", bytesOf(0xc5, 1, 2), "text", 258, 3],
    ["bin 32", bytesOf(0xc6, 0xff, 0, 0, 1), "text", 0xff000001, 5],
    ["str 8", bytesOf(0xd9, 0xff), "text", 255, 2],
    ["str 16", bytesOf(0xda, 1, 2), "text", 258, 3],
    ["str 32", bytesOf(0xdb, 0xff, 0, 0, 1), "text", 0xff000001, 5],
    ["array 16", bytesOf(0xdc, 1, 2), "array", 258, 3],
    ["array 32", bytesOf(0xdd, 0xff, 0, 0, 1), "array", 0xff000001, 5],
    ["map 16", bytesOf(0xde, 1, 2), "map", 258, 3],
    ["map 32", bytesOf(0xdf, 0xff, 0, 0, 1), "map", 0xff000001, 5],
    ["nil", bytesOf(0xc0), "scalar", 0, 0],
    ["a number", bytesOf(0xcd, 1, 2), "scalar", 0, 0],
  ] as const)("reads the kind, count and start of a value: %s", (_, bytes, kind, count, start) => {
    expect(headOf(bytes)).toMatchObject({ kind, count, start });
  });

  test.each([
    ["fixext 1", bytesOf(0xd4, 0xff), 1, 2],
    ["fixext 2", bytesOf(0xd5, 0xff), 2, 2],
    ["fixext 4", bytesOf(0xd6, 0xff), 4, 2],
    ["fixext 8", bytesOf(0xd7, 0xff), 8, 2],
    ["fixext 16", bytesOf(0xd8, 0xff), 16, 2],
    ["ext 8", bytesOf(0xc7, 9, 0xff), 9, 3],
    ["ext 16", bytesOf(0xc8, 1, 2, 0xff), 258, 4],
    ["ext 32", bytesOf(0xc9, 0, 1, 0, 2, 0xff), 65538, 6],
  ] as const)("reads the type, count and start of an extension: %s", (_, bytes, count, start) => {
    expect(headOf(bytes)).toEqual({ kind: "extension", count, start, extensionType: -1 });
  });
});

describe("readNumber", () => {
  test.each([
    ["positive fixint", bytesOf(0x7f), 127],
    ["negative fixint", bytesOf(0xe0), -32],
    ["-1", bytesOf(0xff), -1],
    ["float 32", bytesOf(0xca, 0x3f, 0xc0, 0, 0), 1.5],
    ["float 64", bytesOf(0xcb, 0x3f, 0xf8, fill(6, 0)), 1.5],
    ["uint 8", bytesOf(0xcc, 0xff), 255],
    ["uint 16", bytesOf(0xcd, 0xff, 0xff), 65535],
    ["uint 32", bytesOf(0xce, fill(4, 0xff)), 4294967295],
    ["uint 64", bytesOf(0xcf, 0, 0x1f, fill(6, 0xff)), Number.MAX_SAFE_INTEGER],
    ["int 8", bytesOf(0xd0, 0x80), -128],
    ["int 16", bytesOf(0xd1, 0x80, 0), -32768],
    ["int 32", bytesOf(0xd2, 0x80, 0, 0, 0), -2147483648],
    ["int 64", bytesOf(0xd3, 0xff, 0xe0, fill(5, 0), 1), Number.MIN_SAFE_INTEGER],
  ] as const)("reads a number: %s", (_, bytes, value) => {
    expect(readNumber(inputOf(bytes), 0)).toBe(value);
  });

  test.each([
    ["nil", 0xc0], ["true", 0xc3], ["a string", 0xa0], ["a map", 0x80], ["a list", 0x90],
  ] as const)("returns undefined for %s", (_, byte) => {
    expect(readNumber(inputOf(bytesOf(byte)), 0)).toBeUndefined();
  });
});
