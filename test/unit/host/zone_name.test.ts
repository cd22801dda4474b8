// Time zone abbreviations, compared with those of the C library, which `date` prints.
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { afterEach, expect, it } from "vitest";
import { zoneFiles } from "../../../src/host/zone_files.js";
import { zoneName } from "../../../src/host/zone_name.js";

const files = zoneFiles(() => fs);
const own = process.env.TZ;
afterEach(() => {
  if (own === undefined) delete process.env.TZ;
  else process.env.TZ = own;
});

const winter = Date.UTC(2026, 0, 15) / 1000;
const summer = Date.UTC(2026, 6, 15) / 1000;

it.each([
  "UTC", "Europe/London", "Europe/Berlin", "Europe/Athens", "America/New_York", "America/Chicago", "America/Denver",
  "America/Los_Angeles", "America/Phoenix", "Pacific/Honolulu", "Australia/Sydney", "Australia/Perth", "Asia/Kolkata",
  "Pacific/Auckland", "Africa/Johannesburg", "Asia/Kathmandu", "America/Sao_Paulo", "Asia/Tashkent",
])("zoneName returns the local abbreviation of %s in winter and in summer", (zone) => {
  process.env.TZ = zone;
  for (const time of [winter, summer]) {
    const expected = execFileSync("date", ["-d", `@${time}`, "+%Z"], { encoding: "utf8", env: { ...process.env, TZ: zone } });
    expect(zoneName(time)).toBe(expected.trim());
  }
});

it.each(["Europe/Berlin", "America/St_Johns", "Asia/Tokyo", "Asia/Kathmandu", "America/Sao_Paulo", "Asia/Tashkent"])(
  "zoneName returns the abbreviation of %s in a process with another zone, with and without the tz database",
  (zone) => {
    process.env.TZ = "America/New_York";
    for (const time of [winter, summer]) {
      const [name, offset = ""] = execFileSync("date", ["-d", `@${time}`, "+%Z %z"], { encoding: "utf8", env: { ...process.env, TZ: zone } }).trim().split(" ");
      const seconds = Number(`${offset[0]}1`) * (Number(offset.slice(1, 3)) * 3600 + Number(offset.slice(3)) * 60);
      expect(zoneName(time, { name: zone, seconds }, files)).toBe(name);
      // No English locale has the names of Japan and Newfoundland.
      const isUnknown = zone === "Asia/Tokyo" || zone === "America/St_Johns";
      expect(zoneName(time, { name: zone, seconds }, zoneFiles(() => fs, "/nowhere"))).toBe(isUnknown ? offset.replace(/00$/u, "") : name);
    }
  },
);

it("zoneName returns Intl's name when the tz database has another offset", () => {
  expect(zoneName(winter, { name: "Europe/Berlin", seconds: 1800 }, files)).toBe("CET");
});

it.each([Number.NaN, 8.64e12 + 1, -1e300])("zoneName returns an empty text for a time beyond the range of Date (%s s)", (time) => {
  expect(zoneName(time)).toBe("");
});
