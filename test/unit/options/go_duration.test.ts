// Tests that durations are parsed as by Go's time.ParseDuration.
import { describe, expect, it } from "vitest";
import { parseGoDuration } from "../../../src/options/go_duration.js";

describe("the duration", () => {
  it.each([
    ["0", 0],
    ["0s", 0],
    ["250ms", 250],
    ["1h", 3_600_000],
    ["1.5h", 5_400_000],
    ["5m30s", 330_000],
    ["1h2m3s4ms", 3_723_004],
    ["30s5m", 330_000],
    [".5s", 500],
    ["1.s", 1000],
    ["1500us", 1.5],
    ["1500µs", 1.5],
    ["1500μs", 1.5],
    ["2000000ns", 2],
    ["1m1ms", 60_001],
  ])("%s is %d ms", (text, expected) => expect(parseGoDuration(text)).toBeCloseTo(expected));

  it.each(["", "5", "5 m", " 5m", "5m ", "5d", "m", "abc", "5m30", "5mm", "1,5h", ".s", "1..5s", "-5m", "1e3s", "5M", "0x5s"])(
    "%j is invalid",
    (text) => expect(parseGoDuration(text)).toBeUndefined(),
  );
});
