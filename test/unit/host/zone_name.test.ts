// The zones' abbreviations against those of the C library, which `date` prints.
import { execFileSync } from "node:child_process";
import { afterEach, expect, it } from "vitest";
import { zoneName } from "../../../src/host/zone_name.js";

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
])("gives the abbreviation of %s in winter and in summer", (zone) => {
  process.env.TZ = zone;
  for (const time of [winter, summer]) {
    const expected = execFileSync("date", ["-d", `@${time}`, "+%Z"], { encoding: "utf8", env: { ...process.env, TZ: zone } });
    expect(zoneName(time)).toBe(expected.trim());
  }
});

it.each([Number.NaN, 8.64e12 + 1, -1e300])("gives nothing at a time out of all calendars (%s s)", (time) => {
  expect(zoneName(time)).toBe("");
});
