// Lengths and distances have the symbols that RFC 1951 gives them (3.2.5).
import { expect, test } from "vitest";
import {
  distanceBases,
  distanceExtraBits,
  distanceSymbolOf,
  firstLengthSymbol,
  lengthBases,
  lengthExtraBits,
  lengthSymbols,
} from "../../../../src/pack/compress/deflate_symbols.js";

test.each([
  [3, 257, 0, 0],
  [10, 264, 0, 0],
  [11, 265, 1, 0],
  [12, 265, 1, 1],
  [18, 268, 1, 1],
  [19, 269, 2, 0],
  [130, 280, 4, 15],
  [131, 281, 5, 0],
  [257, 284, 5, 30],
  [258, 285, 0, 0],
])("length %i is symbol %i and %i bits of value %i", (length, symbol, bits, value) => {
  const index = lengthSymbols[length] as number;
  expect([index + firstLengthSymbol, lengthExtraBits[index], length - (lengthBases[index] as number)]).toEqual([symbol, bits, value]);
});

test.each([
  [1, 0, 0, 0],
  [4, 3, 0, 0],
  [5, 4, 1, 0],
  [256, 15, 6, 63],
  [257, 16, 7, 0],
  [385, 17, 7, 0],
  [16_384, 27, 12, 4095],
  [24_576, 28, 13, 8191],
  [24_577, 29, 13, 0],
  [32_768, 29, 13, 8191],
])("distance %i is symbol %i and %i bits of value %i", (distance, symbol, bits, value) => {
  const index = distanceSymbolOf(distance);
  expect([index, distanceExtraBits[index], distance - (distanceBases[index] as number)]).toEqual([symbol, bits, value]);
});
