// Numbers as JSON: what reads back as the same number, in its shortest form.
import { describe, expect, test } from "vitest";
import { jsonFloat32, jsonFloat64 } from "../../../src/record/json_number.js";

describe.each([
  ["64 bits", jsonFloat64],
  ["32 bits", jsonFloat32],
] as const)("a float of %s", (_, json) => {
  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])("has no text for %s", (value) => {
    expect(json(value)).toBeUndefined();
  });

  test.each([
    [0, "0"], [-0, "-0"], [1, "1"], [-1.5, "-1.5"], [0.5, "0.5"], [16_777_216, "16777216"],
  ] as const)("%s is %s", (value, text) => {
    expect(json(value)).toBe(text);
  });
});

test.each([
  [Math.PI, "3.141592653589793"], [5e-324, "5e-324"], [Number.MAX_VALUE, "1.7976931348623157e+308"],
  [1e21, "1e+21"], [1e-7, "1e-7"], [0.1, "0.1"],
] as const)("a float of 64 bits %s is %s", (value, text) => {
  expect(jsonFloat64(value)).toBe(text);
  expect(JSON.parse(text)).toBe(value);
});

test.each([
  [0.1, "0.1"], [3.14, "3.14"], [1 / 3, "0.33333334"], [3.402_823_5e38, "3.4028235e+38"], [1e-45, "1e-45"],
  [8_388_608.5, "8388608"], [123_456_789, "123456790"],
] as const)("a float of 32 bits near %s is %s", (near, text) => {
  expect(jsonFloat32(Math.fround(near))).toBe(text);
});
