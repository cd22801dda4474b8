// Codes are complete, within their limit and, where the limit is no matter, as short as Huffman's.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { entryLengthShift, HuffmanCode } from "../../../../src/pack/compress/huffman_code.js";

/** The bits that Huffman's own algorithm takes: the sum of all joined weights. */
function shortestBits(frequencies: readonly number[]): number {
  const weights = frequencies.filter((frequency) => frequency > 0);
  let bits = 0;
  while (weights.length > 1) {
    weights.sort((one, other) => other - one);
    const joined = (weights.pop() as number) + (weights.pop() as number);
    bits += joined;
    weights.push(joined);
  }
  return bits;
}

function build(frequencies: readonly number[], maxLength: number): HuffmanCode {
  const code = new HuffmanCode(frequencies.length, maxLength);
  code.frequencies.set(frequencies);
  code.build();
  return code;
}

/** Each code as text, the bit that is sent first in front. */
function codesOf({ lengths, entries }: HuffmanCode): string[] {
  return [...lengths].flatMap((length, symbol) => {
    if (length === 0) return [];
    const entry = entries[symbol] as number;
    expect(entry >> entryLengthShift).toBe(length);
    return [Array.from({ length }, (_, bit) => (entry >> bit) & 1).join("")];
  });
}

function expectSound(code: HuffmanCode, maxLength: number): void {
  const codes = codesOf(code).sort();
  expect(Math.max(...codes.map(({ length }) => length))).toBeLessThanOrEqual(maxLength);
  expect(codes.reduce((sum, { length }) => sum + 2 ** -length, 0)).toBe(1);
  codes.forEach((text, index) => expect(index > 0 && text.startsWith(codes[index - 1] as string)).toBe(false));
}

const fibonacci = (count: number) => {
  const numbers = [1, 1];
  while (numbers.length < count) numbers.push((numbers.at(-1) as number) + (numbers.at(-2) as number));
  return numbers;
};

describe("a Huffman code", () => {
  test("is complete and as short as can be", () => {
    const frequencies = fc.array(fc.oneof(fc.nat(3), fc.nat(200), fc.nat(5000)), { minLength: 2, maxLength: 286 });
    fc.assert(
      fc.property(frequencies, (numbers) => {
        const code = build(numbers, 15);
        expectSound(code, 15);
        if (Math.max(...code.lengths) < 15) expect(code.bitsAt(code.lengths)).toBe(shortestBits([...code.frequencies]));
      }),
    );
  });

  test.each([
    [16, 15],
    [17, 15],
    [22, 15],
    [8, 7],
    [9, 7],
    [19, 7],
  ])("of %i symbols, each as frequent as the two before it, keeps to %i bits", (symbols, maxLength) => {
    const code = build(fibonacci(symbols), maxLength);
    expectSound(code, maxLength);
    expect(Math.max(...code.lengths)).toBe(maxLength);
  });

  test.each([
    [[0, 0, 0], [1, 1, 0]],
    [[0, 0, 7], [1, 0, 1]],
    [[5, 0, 0], [1, 1, 0]],
  ])("of the frequencies %j has two codes at least", (frequencies, lengths) => {
    expect([...build(frequencies, 15).lengths]).toEqual(lengths);
  });

  test("is made anew for other frequencies", () => {
    const code = build([3, 1, 1, 9, 400], 15);
    code.clear();
    code.frequencies.set([0, 1, 0, 1]);
    code.build();
    expect([...code.lengths]).toEqual([0, 1, 0, 1, 0]);
  });

  // RFC 1951, 3.2.2: the example of lengths 3, 3, 3, 3, 3, 2, 4, 4.
  test("is the canonical one", () => {
    const code = build([4, 4, 4, 4, 4, 8, 2, 2], 15);
    expect([...code.lengths]).toEqual([3, 3, 3, 3, 3, 2, 4, 4]);
    expect(codesOf(code)).toEqual(["010", "011", "100", "101", "110", "00", "1110", "1111"]);
  });
});
