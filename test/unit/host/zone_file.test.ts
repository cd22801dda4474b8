// Compiled zone files of the tz database: their abbreviations, compared with those of the C library.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readZoneFile } from "../../../src/host/zone_file.js";

const read = (zone: string) => readFileSync(`/usr/share/zoneinfo/${zone}`);

/** Two times a year, from before the first zones until long after the last change in the files. */
const times = Array.from({ length: 600 }, (_, index) => -4_000_000_000 + index * 15_778_800);

describe.each([
  "UTC", "Europe/Berlin", "Europe/Dublin", "America/New_York", "America/Sao_Paulo", "Asia/Tokyo", "Asia/Shanghai", "Asia/Kathmandu", "Asia/Tehran",
  "Africa/Casablanca", "Antarctica/Troll", "Australia/Lord_Howe", "Pacific/Apia", "Europe/Moscow", "America/Nuuk",
])("in %s", (zone) => {
  it("each time has the same abbreviation as in libc", () => {
    const output = execFileSync("date", ["-f", "-", "+%Z %::z"], {
      input: times.map((seconds) => `@${seconds}\n`).join(""),
      env: { PATH: process.env.PATH, TZ: zone, LC_ALL: "C" },
      encoding: "utf8",
    });
    const lines = output.trim().split("\n").map((line) => line.split(" ") as [string, string]);
    const file = readZoneFile(read(zone));
    const offsetOf = (text: string) => {
      const [hours = 0, minutes = 0, seconds = 0] = text.slice(1).split(":").map(Number);
      return Number(`${text[0]}1`) * (hours * 3600 + minutes * 60 + seconds);
    };
    const ours = lines.map(([, offset], index) => file?.abbreviationAt(times[index] as number, offsetOf(offset)));
    expect(ours).toEqual(lines.map(([name]) => name));
  });
});

it("an offset that the zone does not have at that time has no abbreviation", () => {
  const file = readZoneFile(read("Europe/Berlin"));
  for (const time of [-4_000_000_000, 0, 1_700_000_000, 4_000_000_000]) expect(file?.abbreviationAt(time, 12_345)).toBeUndefined();
});

it("a file that is not a compiled zone, has version 1, or ends early is not read", () => {
  const berlin = read("Europe/Berlin");
  expect(readZoneFile(new Uint8Array())).toBeUndefined();
  expect(readZoneFile(Buffer.from("# tzdb data for Europe and environs, many bytes of it"))).toBeUndefined();
  expect(readZoneFile(Buffer.concat([Buffer.from("TZif\0"), berlin.subarray(5)]))).toBeUndefined();
  for (let end = 0; end < berlin.length - 60; end += 13) expect(readZoneFile(berlin.subarray(0, end))).toBeUndefined();
});

it("wrong counts in a zone file cause no read beyond the file", () => {
  for (let position = 20; position < 44; position++) {
    const bytes = Buffer.from(read("Europe/Berlin"));
    bytes[position] = 0xff;
    expect(() => readZoneFile(bytes)).not.toThrow();
  }
});
