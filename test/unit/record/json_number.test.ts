// Numbers as JSON: what reads back as the same number, in its shortest form.
import { expect, test } from "vitest";
import { jsonFloat } from "../../../src/record/json_number.js";

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])("there is no text for %s", (value) => {
  expect(jsonFloat(value)).toBeUndefined();
});

test.each([
  [0, "0"], [-0, "-0"], [1, "1"], [-1.5, "-1.5"], [0.5, "0.5"], [16_777_216, "16777216"],
  [Math.PI, "3.141592653589793"], [5e-324, "5e-324"], [Number.MAX_VALUE, "1.7976931348623157e+308"],
  [1e21, "1e+21"], [1e-7, "1e-7"], [0.1, "0.1"],
  [Math.fround(0.1), "0.10000000149011612"], [Math.fround(1e-45), "1.401298464324817e-45"],
] as const)("%s is %s", (value, text) => {
  expect(jsonFloat(value)).toBe(text);
  expect(JSON.parse(text)).toBe(value);
});
