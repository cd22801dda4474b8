// Text as JSON strings, at every place within the words that the writer reads at a time.
import { describe, expect, test } from "vitest";
import { inputOf } from "../../../../src/chunk/msgpack.js";
import { jsonTextBytes, maxJsonBytes, utf8Length } from "../../../../src/record/json/text.js";
import { jsonText } from "../../../support/json_parts.js";

/** The bytes with 0 to 8 letters before and after them. */
function* surrounded(bytes: Uint8Array): Generator<readonly [before: string, after: string, whole: Uint8Array]> {
  for (let before = 0; before <= 8; before++) {
    for (let after = 0; after <= 8; after++) {
      const texts = ["x".repeat(before), "y".repeat(after)] as const;
      yield [...texts, Buffer.concat([Buffer.from(texts[0]), bytes, Buffer.from(texts[1])])];
    }
  }
}

test("every byte below 0x80 is written as JSON.stringify does it, wherever it stands", () => {
  for (let byte = 0; byte < 0x80; byte++) {
    for (const [, , whole] of surrounded(Uint8Array.of(byte))) {
      expect(jsonText(whole)).toBe(JSON.stringify(Buffer.from(whole).toString()));
    }
  }
});

test.each(["é", "☃", "𝄞", "\u2028\u2029", "<>&", "\u007f", "\uffff", "\u{10ffff}", "\ud7ff\ue000"])(
  "%j is left as it is",
  (text) => {
    for (const [before, after, whole] of surrounded(Buffer.from(text))) {
      expect(jsonText(whole)).toBe(`"${before}${text}${after}"`);
    }
  },
);

test("a long text without anything to escape is left as it is", () => {
  const text = "The quick brown fox jumps over the lazy dog. ".repeat(1000);
  expect(jsonText(Buffer.from(text))).toBe(`"${text}"`);
});

/** Replaced byte by byte, as Go's encoding/json does it: [bytes, characters that come out]. */
const invalid: readonly (readonly [string, readonly number[], string])[] = [
  ["a lone continuation", [0x80], "\ufffd"],
  ["a byte that UTF-8 never has", [0xff], "\ufffd"],
  ["two of them", [0xff, 0xfe], "\ufffd\ufffd"],
  ["an overlong slash of two bytes", [0xc0, 0xaf], "\ufffd\ufffd"],
  ["an overlong slash of three bytes", [0xe0, 0x80, 0xaf], "\ufffd\ufffd\ufffd"],
  ["an overlong form of four bytes", [0xf0, 0x80, 0x80, 0x80], "\ufffd\ufffd\ufffd\ufffd"],
  ["a surrogate", [0xed, 0xa0, 0x80], "\ufffd\ufffd\ufffd"],
  ["more than U+10FFFF", [0xf4, 0x90, 0x80, 0x80], "\ufffd\ufffd\ufffd\ufffd"],
  ["a lead byte above F4", [0xf5, 0x80, 0x80, 0x80], "\ufffd\ufffd\ufffd\ufffd"],
  ["two bytes of three", [0xe2, 0x98], "\ufffd\ufffd"],
  ["three bytes of four", [0xf0, 0x9d, 0x84], "\ufffd\ufffd\ufffd"],
  ["a lead byte before a letter", [0xc3, 0x63], "\ufffdc"],
  ["a character that another one breaks off", [0xe2, 0x98, 0xe2, 0x98, 0x83], "\ufffd\ufffd☃"],
];

test.each(invalid)("each byte of %s becomes U+FFFD", (_, bytes, characters) => {
  for (const [before, after, whole] of surrounded(Uint8Array.from(bytes))) {
    expect(jsonText(whole)).toBe(`"${before}${characters}${after}"`);
  }
});

test("a character cut off by the end of the text is invalid, whatever stands behind the text", () => {
  expect(jsonText(Buffer.from("a☃"), 2)).toBe('"a\ufffd"');
});

test("no text takes more than is reserved for the worst, and the worst takes it all", () => {
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
      if ((utf8Length(bytes, 0, 2) === 2) !== isValid) throw new Error(`0x${pair.toString(16)} is not told right`);
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
