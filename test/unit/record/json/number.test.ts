// Numbers as JSON: the shortest text that parses to the same number.
import { expect, test } from "vitest";
import { jsonFloat, jsonInteger64 } from "../../../support/json_parts.js";

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])("the float %s has no JSON text", (value) => {
  expect(jsonFloat(value)).toBeUndefined();
});

test.each([
  [0, "0"], [-0, "-0"], [1, "1"], [-1.5, "-1.5"], [0.5, "0.5"], [16_777_216, "16777216"],
  [Math.PI, "3.141592653589793"], [5e-324, "5e-324"], [Number.MAX_VALUE, "1.7976931348623157e+308"],
  [1e21, "1e+21"], [1e-7, "1e-7"], [0.1, "0.1"],
  [Math.fround(0.1), "0.10000000149011612"], [Math.fround(1e-45), "1.401298464324817e-45"],
] as const)("the float %s is written as %s", (value, text) => {
  expect(jsonFloat(value)).toBe(text);
  expect(JSON.parse(text)).toBe(value);
});

test.each([
  2 ** 31 - 1, 2 ** 31, -(2 ** 31) - 0.5, 2_147_483_647.999999, 999_999_999.999999, 1_000_000_000.000001,
  999_999.999999, 0.000001, 0.0000015, 0.1 + 0.2, 1 / 3, 100.5, 1e15 / 1e6, 1e15 / 1e6 + 1e-6, 4.35, 1.005, 123.456,
])("the float %d is written as in JavaScript", (value) => {
  expect(jsonFloat(value)).toBe(String(value));
  expect(jsonFloat(-value)).toBe(String(-value));
});

test.each([
  0n, 9n, 10n, 4_294_967_295n, 4_294_967_296n, 999_999_999n, 1_000_000_000n, 1_000_000_001n, 9_999_999_999n,
  10_000_000_000n, 4_294_967_296_000_000_000n, 9_007_199_254_740_991n, 9_007_199_254_740_992n, 9_007_199_254_740_993n,
  2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n, -1n, -4_294_967_296n, -9_007_199_254_740_991n, -9_007_199_254_740_993n,
  -(2n ** 63n),
])("the integer %d keeps all its digits", (value) => {
  expect(jsonInteger64(value)).toBe(value.toString());
});
