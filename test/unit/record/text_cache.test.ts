// Texts are found again by their bytes, however many share a place, and are never another's.
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { TextCache } from "../../../src/record/text_cache.js";

function setUp() {
  let decoded = 0;
  const memory = new TextCache((bytes) => {
    decoded++;
    return Buffer.from(bytes).toString("latin1");
  });
  const textOf = (text: string) => memory.textOf(Buffer.from(`<${text}>`, "latin1"), 1, text.length);
  return { textOf, decoded: () => decoded };
}

describe("a text that comes again", () => {
  it("is not decoded anew", () => {
    const { textOf, decoded } = setUp();
    const texts = Array.from({ length: 40 }, (_, n) => `pod-${n}`);
    for (let round = 0; round < 3; round++) expect(texts.map(textOf)).toEqual(texts);
    // Some may share a place.
    expect(decoded()).toBeLessThan(60);
  });

  it.each([
    [255, 1],
    [256, 1],
    [257, 2],
  ])("of %i bytes was decoded %i times after two", (bytes, times) => {
    const { textOf, decoded } = setUp();
    for (let round = 0; round < 2; round++) expect(textOf("x".repeat(bytes))).toHaveLength(bytes);
    expect(decoded()).toBe(times);
  });
});

test("each text is its own, whatever came before", () => {
  const text = fc.stringMatching(/^[ab\0\xff]{0,4}$/u);
  fc.assert(
    fc.property(fc.array(text, { maxLength: 200 }), (texts) => {
      const { textOf } = setUp();
      expect(texts.map(textOf)).toEqual(texts);
    }),
  );
});
