// Tests the settings of the benchmarks.
import { afterEach, expect, it, vi } from "vitest";
import { numbersSetting } from "../../bench/settings.js";

afterEach(() => vi.unstubAllEnvs());

it("numbers are separated by commas, and repeats are removed", () => {
  vi.stubEnv("BENCH_TRIED", "20, 0,20");
  expect(numbersSetting("BENCH_TRIED", [1], 0)).toEqual([20, 0]);
});

it("the fallback replaces an unset or empty variable", () => {
  expect(numbersSetting("BENCH_TRIED", [1, 2], 0)).toEqual([1, 2]);
  vi.stubEnv("BENCH_TRIED", "");
  expect(numbersSetting("BENCH_TRIED", [3], 0)).toEqual([3]);
});

it.each(["1,,2", "a", "-1", "1.5", "0"])("'%s' is rejected as a list of whole numbers from 1", (text) => {
  vi.stubEnv("BENCH_TRIED", text);
  expect(() => numbersSetting("BENCH_TRIED", [], 1)).toThrow(/BENCH_TRIED must be/);
});
