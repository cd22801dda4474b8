// Compares TimeFormat with libc's strftime (by `date` of coreutils), in zones with and without daylight saving time.
import { describe, expect, test } from "vitest";
import { defaultTimeFormat, TimeFormat } from "../../../../src/record/time_key/format.js";
import { localZone } from "../../../../src/record/time_key/zone.js";
import { libcLetters, libcTexts, libcTimes as times } from "../../../support/libc_times.js";
import { inTimeZone } from "../../../support/time_zone.js";

const noZone = localZone(() => "no zone");
const utc = (format: string, seconds: number, nanoseconds = 0) =>
  inTimeZone("UTC", () => new TimeFormat(format, noZone).format(seconds, nanoseconds));

function ourTexts(zone: string, format: string): string[] {
  return inTimeZone(zone, () => {
    const compiled = new TimeFormat(format, noZone);
    return times.map((seconds) => compiled.format(seconds, 0));
  });
}

describe.each(["UTC", "Asia/Kolkata", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"])("in %s", (zone) => {
  test.each(libcLetters)("the letter %s is formatted as by libc", (letter) => {
    expect(ourTexts(zone, `%${letter}`)).toEqual(libcTexts(zone, `%${letter}`));
  });
});

test("a format of many letters and plain text is formatted as by libc", () => {
  const format = "[%d/%b/%Y:%H:%M:%S %z] é %%Y %A%n%t%j week %V of %G";
  expect(ourTexts("America/New_York", format)).toEqual(libcTexts("America/New_York", format));
});

test("the local zone is the zone of TZ", () => {
  expect(inTimeZone("Asia/Kolkata", () => new TimeFormat("%H:%M %z", noZone).format(0, 0))).toBe("05:30 +0530");
  expect(utc("%H:%M %z", 0)).toBe("00:00 +0000");
});

test("the letter Z requests the abbreviation at the event's second", () => {
  const requested: number[] = [];
  const format = new TimeFormat("%Z", localZone((seconds) => {
    requested.push(seconds);
    return "CEST";
  }));
  expect(format.format(1_654_321_098, 999_999_999)).toBe("CEST");
  expect(requested).toEqual([1_654_321_098]);
});

test("the letter v is formatted as in the Go plugin, as day-month-year", () => {
  expect(utc("%v", 1_654_321_098)).toBe(" 4-Jun-2022");
});

test("the default format is the Go plugin's", () => {
  expect(utc(defaultTimeFormat, 1_654_321_098, 987_654_321)).toBe("2022-06-04T05:38:18");
});

test.each([
  ["%L", "007"], ["%f", "007089"], ["%3N", "007"], ["%6N", "007089"], ["%9N", "007089012"],
  ["%S.%L%%%f", "18.007%007089"],
])("fractions of a second are cut, not rounded, and keep their zeros: %s", (format, text) => {
  expect(utc(format, 1_654_321_098, 7_089_012)).toBe(text);
});

test("the last nanosecond of a second stays within it", () => {
  expect(utc("%S.%L %f %9N", 59, 999_999_999)).toBe("59.999 999999 999999999");
});

test("events of one second share the cached text but not the fraction, and other seconds have their own text", () => {
  inTimeZone("UTC", () => {
    const format = new TimeFormat("%S.%L", noZone);
    const texts = [[1, 0], [1, 5_000_000], [2, 5_000_000], [1, 0]].map(([s = 0, ns = 0]) => format.format(s, ns));
    expect(texts).toEqual(["01.000", "01.005", "02.005", "01.000"]);
  });
});

test("the modifiers E and O change nothing, as in the C locale", () => {
  const format = "%Ec %EC %Ex %EX %Ey %EY %Od %Oe %OH %OI %Om %OM %OS %Ou %OU %OV %Ow %OW %Oy";
  expect(ourTexts("America/New_York", format)).toEqual(libcTexts("America/New_York", format));
});

describe("a time format is rejected for", () => {
  test.each(["%Q", "%i", "%J", "%K", "%N", "%o", "%q", "%1", "%4", "%-", "%_", "%0", "%^", "%:", "%E1", "%EL", "%☃", "%𝄞"])(
    "the unknown letter %s, which the error names",
    (unknown) => {
      const compile = () => new TimeFormat(`%Y ${unknown}d`, noZone);
      expect(compile).toThrow(RangeError);
      expect(compile).toThrow(`"${unknown}" is not a letter of strftime`);
    },
  );

  test.each(["%", "%Y-%", "%%%", "%E"])("a lone %% at the end: %s", (format) => {
    expect(() => new TimeFormat(format, noZone)).toThrow(RangeError);
  });
});

test.each([1e300, -1e300, 8.64e12 + 1, Number.MAX_SAFE_INTEGER])("TimeFormat does not throw for a time outside the range of Date (%s s)", (seconds) => {
  expect(() => utc("%A %B %c %D %F %G %V %g %j %U %W %s %L %z %Z %I %p", seconds)).not.toThrow();
});
