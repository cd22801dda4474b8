// Compares the zones of time_key_zone with libc's times, while the process is in another zone.
import * as fs from "node:fs";
import { afterEach, describe, expect, test, vi } from "vitest";
import { zoneFiles } from "../../../../src/host/zone_files.js";
import { type NamedZone, zoneName as nameOf } from "../../../../src/host/zone_name.js";
import { TimeFormat } from "../../../../src/record/time_key/format.js";
import { localZone, namedZone, utcZone, type Zone } from "../../../../src/record/time_key/zone.js";
import { libcLetters, libcTexts, libcTimes } from "../../../support/libc_times.js";
import { inTimeZone } from "../../../support/time_zone.js";

afterEach(() => vi.unstubAllGlobals());

const files = zoneFiles(() => fs);
const zoneName = (epochSeconds: number, zone?: NamedZone) => nameOf(epochSeconds, zone, files);

function textsOf(zone: Zone, format: string, processZone: string, times = libcTimes): string[] {
  return inTimeZone(processZone, () => {
    const compiled = new TimeFormat(format, zone);
    return times.map((seconds) => compiled.format(seconds, 0));
  });
}

/** Zones with all peculiarities: half and quarter hours, changes by half an hour, winter time as the change, a skipped day. */
const zones = [
  "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns",
  "Europe/Dublin", "Africa/Casablanca", "Pacific/Apia", "Asia/Tokyo", "Etc/GMT+5",
];

/** Times before 2026. For later ones, Node and libc may have rules of different versions: Morocco's changed in 2026. */
const settledTimes = libcTimes.filter((seconds) => seconds < Date.UTC(2026) / 1000);

describe.each(["America/New_York", "Europe/Berlin", "UTC"])("while the process is in %s", (processZone) => {
  test.each(zones)("all letters in the zone %s are formatted as by libc", (zone) => {
    const format = [...libcLetters, "Z"].map((letter) => `<%${letter}>`).join("");
    expect(textsOf(namedZone(zone, zoneName), format, processZone, settledTimes)).toEqual(libcTexts(zone, format, settledTimes));
  });

  test("all letters in UTC are formatted as by libc", () => {
    const format = [...libcLetters, "Z"].map((letter) => `<%${letter}>`).join("");
    expect(textsOf(utcZone, format, processZone)).toEqual(libcTexts("UTC", format));
  });
});

test("times around a clock change have the right offsets, formatted forwards, backwards and in random order", () => {
  const around = [1_711_846_800, 1_729_990_800].flatMap((change) => Array.from({ length: 41 }, (_, index) => change + (index - 20) * 180));
  const random = around.map((_, index) => around[(index * 29) % around.length] as number);
  for (const times of [around, [...around].reverse(), random]) {
    const format = "%F %T %z %Z %s";
    expect(textsOf(namedZone("Europe/Berlin", zoneName), format, "Asia/Tokyo", times)).toEqual(libcTexts("Europe/Berlin", format, times));
  }
});

test("the offset of a time before standard zones includes seconds", () => {
  const times = [-3_000_000_000, -2_717_640_001, -2_717_650_800];
  expect(textsOf(namedZone("America/New_York", zoneName), "%F %T %z", "UTC", times)).toEqual(libcTexts("America/New_York", "%F %T %z", times));
});

test("successive seconds need two queries of Intl per hour", () => {
  const queries = vi.spyOn(Intl.DateTimeFormat.prototype, "formatToParts");
  const zone = namedZone("Europe/Berlin", () => "");
  for (let second = 0; second < 3600; second++) zone.dateAt(1_700_002_800 + second);
  expect(queries).toHaveBeenCalledTimes(2);
  queries.mockRestore();
});

test("a date of a zone keeps its time since the epoch", () => {
  expect(namedZone("Asia/Tokyo", () => "").dateAt(1_700_000_000).getTime()).toBe(1_700_000_000_000);
});

test("the abbreviation is requested with the zone and its offset, and without them for the local zone", () => {
  const calls: unknown[] = [];
  const abbreviation = (...all: unknown[]) => {
    calls.push(all);
    return "X";
  };
  expect(namedZone("Europe/Berlin", abbreviation).abbreviationAt(1_720_000_000)).toBe("X");
  expect(localZone(abbreviation).abbreviationAt(1)).toBe("X");
  expect(calls).toEqual([[1_720_000_000, { name: "Europe/Berlin", seconds: 7200 }], [1]]);
});

test.each(["Mars/Base", "", "+01:00", "-0500", "../etc/passwd", "Europe/Berlin "])("namedZone rejects %j", (name) => {
  expect(() => namedZone(name, () => "")).toThrow(RangeError);
});

test("without Intl, UTC and the local zone are the only zones", () => {
  vi.stubGlobal("Intl", undefined);
  expect(() => namedZone("Europe/Berlin", () => "")).toThrow(new RangeError("this Node.js was built without Intl and has only local and UTC"));
  expect(new TimeFormat("%F %T %z %Z", utcZone).format(0, 0)).toBe("1970-01-01 00:00:00 +0000 UTC");
  expect(() => new TimeFormat("%F", localZone(() => "")).format(0, 0)).not.toThrow();
});

test.each([1e300, -1e300, 8.64e12 + 1, Number.MAX_SAFE_INTEGER])("a zone accepts a time outside the range of Date (%s s)", (seconds) => {
  for (const zone of [utcZone, namedZone("Europe/Berlin", zoneName)]) {
    expect(() => new TimeFormat("%A %B %c %D %F %G %V %j %U %W %s %L %z %Z %I %p", zone).format(seconds, 0)).not.toThrow();
  }
});
