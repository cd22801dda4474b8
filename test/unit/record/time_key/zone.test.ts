// Zones that time_key_zone names, against libc's times in them, while the process itself is in another zone.
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

/** Zones with each of the odd things: half and quarter hours, changes by half an hour, winter time as the change, a skipped day. */
const zones = [
  "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns",
  "Europe/Dublin", "Africa/Casablanca", "Pacific/Apia", "Asia/Tokyo", "Etc/GMT+5",
];

/** Of later times Node and libc may have rules of other years: Morocco's were changed in 2026. */
const settledTimes = libcTimes.filter((seconds) => seconds < Date.UTC(2026) / 1000);

describe.each(["America/New_York", "Europe/Berlin", "UTC"])("while the process is in %s", (processZone) => {
  test.each(zones)("all letters in %s are what libc makes of them there", (zone) => {
    const format = [...libcLetters, "Z"].map((letter) => `<%${letter}>`).join("");
    expect(textsOf(namedZone(zone, zoneName), format, processZone, settledTimes)).toEqual(libcTexts(zone, format, settledTimes));
  });

  test("all letters in UTC are what libc makes of them there", () => {
    const format = [...libcLetters, "Z"].map((letter) => `<%${letter}>`).join("");
    expect(textsOf(utcZone, format, processZone)).toEqual(libcTexts("UTC", format));
  });
});

test("each second around a change has its own offset, forwards, backwards and at random", () => {
  const around = [1_711_846_800, 1_729_990_800].flatMap((change) => Array.from({ length: 41 }, (_, index) => change + (index - 20) * 180));
  const random = around.map((_, index) => around[(index * 29) % around.length] as number);
  for (const times of [around, [...around].reverse(), random]) {
    const format = "%F %T %z %Z %s";
    expect(textsOf(namedZone("Europe/Berlin", zoneName), format, "Asia/Tokyo", times)).toEqual(libcTexts("Europe/Berlin", format, times));
  }
});

test("before there were zones, an offset has seconds", () => {
  const times = [-3_000_000_000, -2_717_640_001, -2_717_650_800];
  expect(textsOf(namedZone("America/New_York", zoneName), "%F %T %z", "UTC", times)).toEqual(libcTexts("America/New_York", "%F %T %z", times));
});

test("seconds that follow one another are asked of Intl twice an hour", () => {
  const asked = vi.spyOn(Intl.DateTimeFormat.prototype, "formatToParts");
  const zone = namedZone("Europe/Berlin", () => "");
  for (let second = 0; second < 3600; second++) zone.dateAt(1_700_002_800 + second);
  expect(asked).toHaveBeenCalledTimes(2);
  asked.mockRestore();
});

test("a date keeps its own time", () => {
  expect(namedZone("Asia/Tokyo", () => "").dateAt(1_700_000_000).getTime()).toBe(1_700_000_000_000);
});

test("an abbreviation is asked for with the zone and its offset, and with none for the local zone", () => {
  const asked: unknown[] = [];
  const ask = (...all: unknown[]) => {
    asked.push(all);
    return "X";
  };
  expect(namedZone("Europe/Berlin", ask).abbreviationAt(1_720_000_000)).toBe("X");
  expect(localZone(ask).abbreviationAt(1)).toBe("X");
  expect(asked).toEqual([[1_720_000_000, { name: "Europe/Berlin", seconds: 7200 }], [1]]);
});

test.each(["Mars/Base", "", "+01:00", "-0500", "../etc/passwd", "Europe/Berlin "])("%j is not a zone", (name) => {
  expect(() => namedZone(name, () => "")).toThrow(RangeError);
});

test("without Intl there is no zone besides UTC and the local one", () => {
  vi.stubGlobal("Intl", undefined);
  expect(() => namedZone("Europe/Berlin", () => "")).toThrow(new RangeError("this Node.js was built without Intl and has only local and UTC"));
  expect(new TimeFormat("%F %T %z %Z", utcZone).format(0, 0)).toBe("1970-01-01 00:00:00 +0000 UTC");
  expect(() => new TimeFormat("%F", localZone(() => "")).format(0, 0)).not.toThrow();
});

test.each([1e300, -1e300, 8.64e12 + 1, Number.MAX_SAFE_INTEGER])("a time out of all calendars (%s s) does not throw", (seconds) => {
  for (const zone of [utcZone, namedZone("Europe/Berlin", zoneName)]) {
    expect(() => new TimeFormat("%A %B %c %D %F %G %V %j %U %W %s %L %z %Z %I %p", zone).format(seconds, 0)).not.toThrow();
  }
});
