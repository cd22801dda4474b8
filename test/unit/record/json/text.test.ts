// Text as JSON strings, at every position within the words that the writer reads.
import { describe, expect, test } from "vitest";
import { inputOf } from "../../../../src/chunk/msgpack.js";
import { jsonTextBytes, maxJsonBytes, utf8Length } from "../../../../src/record/json/text.js";
import { jsonText } from "../../../support/json_parts.js";

/** Generates the bytes with 0 to 8 letters before and after them. */
function* surrounded(bytes: Uint8Array): Generator<readonly [before: string, after: string, whole: Uint8Array]> {
  for (let before = 0; before <= 8; before++) {
    for (let after = 0; after <= 8; after++) {
      const texts = ["x".repeat(before), "y".repeat(after)] as const;
      yield [...texts, Buffer.concat([Buffer.from(texts[0]), bytes, Buffer.from(texts[1])])];
    }
  }
}

test("every byte below 0x80 is written as by JSON.stringify, at any position", () => {
  for (let byte = 0; byte < 0x80; byte++) {
    for (const [, , whole] of surrounded(Uint8Array.of(byte))) {
      expect(jsonText(whole)).toBe(JSON.stringify(Buffer.from(whole).toString()));
    }
  }
});

test.each(["é", "☃", "𝄞", "\u2028\u2029", "<>&", "\u007f", "\uffff", "\u{10ffff}", "\ud7ff\ue000"])(
  "the text %j is written unchanged",
  (text) => {
    for (const [before, after, whole] of surrounded(Buffer.from(text))) {
      expect(jsonText(whole)).toBe(`"${before}${text}${after}"`);
    }
  },
);

test("a long text that needs no escape is written unchanged", () => {
  const text = "The quick brown fox jumps over the lazy dog. ".repeat(1000);
  expect(jsonText(Buffer.from(text))).toBe(`"${text}"`);
});

/** Invalid UTF-8, which is replaced byte by byte as in Go's encoding/json: [name, bytes, expected characters]. */
const invalid: readonly (readonly [string, readonly number[], string])[] = [
  ["a lone continuation byte", [0x80], "\ufffd"],
  ["a byte that UTF-8 never has", [0xff], "\ufffd"],
  ["two bytes that UTF-8 never has", [0xff, 0xfe], "\ufffd\ufffd"],
  ["an overlong slash of two bytes", [0xc0, 0xaf], "\ufffd\ufffd"],
  ["an overlong slash of three bytes", [0xe0, 0x80, 0xaf], "\ufffd\ufffd\ufffd"],
  ["an overlong form of four bytes", [0xf0, 0x80, 0x80, 0x80], "\ufffd\ufffd\ufffd\ufffd"],
  ["a surrogate", [0xed, 0xa0, 0x80], "\ufffd\ufffd\ufffd"],
  ["more than U+10FFFF", [0xf4, 0x90, 0x80, 0x80], "\ufffd\ufffd\ufffd\ufffd"],
  ["a lead byte above F4", [0xf5, 0x80, 0x80, 0x80], "\ufffd\ufffd\ufffd\ufffd"],
  ["two bytes of a character of three", [0xe2, 0x98], "\ufffd\ufffd"],
  ["three bytes of a character of four", [0xf0, 0x9d, 0x84], "\ufffd\ufffd\ufffd"],
  ["a lead byte before a letter", [0xc3, 0x63], "\ufffdc"],
  ["a character cut off by another one", [0xe2, 0x98, 0xe2, 0x98, 0x83], "\ufffd\ufffd☃"],
];

test.each(invalid)("each byte of %s becomes U+FFFD", (_, bytes, characters) => {
  for (const [before, after, whole] of surrounded(Uint8Array.from(bytes))) {
    expect(jsonText(whole)).toBe(`"${before}${characters}${after}"`);
  }
});

test("a character cut off by the end of the text is invalid, whatever bytes follow the text", () => {
  expect(jsonText(Buffer.from("a☃"), 2)).toBe('"a\ufffd"');
});

test("no text needs more than maxJsonBytes, and a text of control characters needs exactly that", () => {
  const worst = new Uint8Array(100).fill(1);
  expect(jsonTextBytes(inputOf(worst), 0, 100)).toBe(maxJsonBytes(100));
  for (let byte = 0; byte < 256; byte++) {
    const bytes = new Uint8Array(100).fill(byte);
    expect(jsonTextBytes(inputOf(bytes), 0, 100)).toBeLessThanOrEqual(maxJsonBytes(100));
  }
});

describe("utf8Length", () => {
  test("agrees with Node's decoder on every sequence of two bytes", () => {
    for (let pair = 0; pair < 0x10000; pair++) {
      const bytes = Uint8Array.of(pair >> 8, pair & 0xff);
      if ((bytes[0] as number) < 0x80) continue;
      let isValid = true;
      try {
        new TextDecoder("utf-8", { fatal: true }).decode(bytes);
      } catch {
        isValid = false;
      }
      if ((utf8Length(bytes, 0, 2) === 2) !== isValid) throw new Error(`0x${pair.toString(16)} is classified wrongly`);
    }
  });

  test.each([
    [0x0800, 3], [0xd7ff, 3], [0xe000, 3], [0xffff, 3], [0x10000, 4], [0x10ffff, 4], [0x80, 2], [0x7ff, 2],
  ] as const)("U+%s takes %s bytes", (codePoint, length) => {
    const bytes = Buffer.from(String.fromCodePoint(codePoint));
    expect(utf8Length(bytes, 0, bytes.length)).toBe(length);
    expect(utf8Length(bytes, 0, bytes.length - 1)).toBe(0);
  });
});
