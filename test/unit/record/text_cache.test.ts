// TextCache: finds texts by their bytes and never returns another text from the same slot.
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { TextCache } from "../../../src/record/text_cache.js";

function setUp() {
  let decoded = 0;
  const cache = new TextCache((bytes) => {
    decoded++;
    return Buffer.from(bytes).toString("latin1");
  });
  const textOf = (text: string) => cache.textOf(Buffer.from(`<${text}>`, "latin1"), 1, text.length);
  return { textOf, decoded: () => decoded };
}

describe("a repeated text", () => {
  it("is not decoded again", () => {
    const { textOf, decoded } = setUp();
    const texts = Array.from({ length: 40 }, (_, n) => `pod-${n}`);
    for (let round = 0; round < 3; round++) expect(texts.map(textOf)).toEqual(texts);
    // Some texts may share a slot.
    expect(decoded()).toBeLessThan(60);
  });

  it.each([
    [255, 1],
    [256, 1],
    [257, 2],
  ])("of %i bytes is decoded %i times for two lookups", (bytes, times) => {
    const { textOf, decoded } = setUp();
    for (let round = 0; round < 2; round++) expect(textOf("x".repeat(bytes))).toHaveLength(bytes);
    expect(decoded()).toBe(times);
  });
});

test("a text cache returns the right text after any others", () => {
  const text = fc.stringMatching(/^[ab\0\xff]{0,4}$/u);
  fc.assert(
    fc.property(fc.array(text, { maxLength: 200 }), (texts) => {
      const { textOf } = setUp();
      expect(texts.map(textOf)).toEqual(texts);
    }),
  );
});
