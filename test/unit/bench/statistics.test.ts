// Tests the benchmarks' arithmetic.
import { expect, it } from "vitest";
import { median } from "../../bench/statistics.js";

it("the median is the middle value, in any order", () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([10, 9])).toBe(9.5);
  expect(median([100, 2, 3, 4])).toBe(3.5);
});

it("an empty list has no median", () => {
  expect(median([])).toBeNaN();
});
