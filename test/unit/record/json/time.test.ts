// Times in a record's content: RFC 3339 like the Go plugin's, in the local zone or in UTC.
import { describe, expect, test } from "vitest";
import { inputOf } from "../../../../src/chunk/msgpack.js";
import { timeText } from "../../../../src/record/json/time.js";
import { inTimeZone } from "../../../support/time_zone.js";

const textOf = (type: number, hex: string, zone = "UTC") => {
  const bytes = Buffer.from(hex, "hex");
  return inTimeZone(zone, () => timeText(inputOf(bytes), type, 0, bytes.length));
};

describe("an event time", () => {
  test.each([
    ["UTC", "6553f10007270e00", "2023-11-14T22:13:20.12Z"],
    ["America/New_York", "6553f10007270e00", "2023-11-14T17:13:20.12-05:00"],
    ["America/New_York", "64b0000000000000", "2023-07-13T09:45:36-04:00"],
    ["Asia/Kolkata", "6553f10000000001", "2023-11-15T03:43:20.000000001+05:30"],
    ["Europe/London", "6553f10000000000", "2023-11-14T22:13:20Z"],
    ["Europe/London", "64b0000000000000", "2023-07-13T14:45:36+01:00"],
  ])("is in the local zone: %s %s", (zone, hex, text) => {
    expect(textOf(0, hex, zone)).toBe(text);
  });

  test("carries nanoseconds of one second or more over to the seconds", () => {
    expect(textOf(0, "000000053b9ac9ff")).toBe("1970-01-01T00:00:05.999999999Z");
    expect(textOf(0, "000000053b9aca00")).toBe("1970-01-01T00:00:06Z");
  });

  test("is read from its first 8 bytes, and has no text with fewer bytes", () => {
    expect(textOf(0, "000000010000000200000003")).toBe("1970-01-01T00:00:01.000000002Z");
    expect(textOf(0, "00000001000000")).toBeUndefined();
  });
});

describe("a timestamp of msgpack", () => {
  test.each([
    ["5f000000", "2020-07-04T04:05:20Z"],
    ["0000000400000001", "1970-01-01T00:00:01.000000001Z"],
    ["ee6b27ff5f000001", "2428-10-23T23:30:09.999999999Z"],
    ["3b9ac9ff000000005f000000", "2020-07-04T04:05:20.999999999Z"],
    ["00000000ffffffffffffffff", "1969-12-31T23:59:59Z"],
    ["00000000fffffff1868b8400", "0000-01-01T00:00:00Z"],
    ["0000000000000 03afff4417f".replace(" ", ""), "9999-12-31T23:59:59Z"],
  ])("is in UTC: %s", (hex, text) => {
    expect(textOf(-1, hex, "America/New_York")).toBe(text);
  });

  test.each(["00000000fffffff1868b83ff", "000000000000003afff44180", "000000007fffffffffffffff", "01", ""])(
    "has no text if its year has not four digits or its length is unknown: %s",
    (hex) => {
      expect(textOf(-1, hex)).toBeUndefined();
    },
  );
});

test("extensions of other types are not times", () => {
  expect(textOf(1, "5f000000")).toBeUndefined();
});
