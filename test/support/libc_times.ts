// Formats times with libc's strftime, through `date` of coreutils.
import { execFileSync } from "node:child_process";

/** Letters that libc and `date` have too. */
export const libcLetters = Array.from("AaBbCcDdeFGgHhIjklMmnPpRrSsTtUuVWwXxYyz%");

const day = 86_400;
/** Times at which texts are compared. */
export const libcTimes: readonly number[] = [
  ...[0, -1, -day * 365, 1_654_321_098, 1_700_000_000, 2_147_483_648, 4_102_444_799],
  // New York: clocks go forward on 2024-03-10 at 07:00 UTC, and back on 2024-11-03 at 06:00 UTC.
  ...[1_710_054_000, 1_730_613_600].flatMap((change) => [-3601, -3600, -1, 0, 1, 3599, 3600].map((by) => change + by)),
  // Berlin forward on 2024-03-31 at 01:00 UTC, and back on 2024-10-27 at 01:00 UTC; Lord Howe back by half an hour on 2024-04-06 at 15:00 UTC.
  ...[1_711_846_800, 1_729_990_800, 1_712_415_600].flatMap((change) => [-3600, -1, 0, 1, 1800, 3599, 3600].map((by) => change + by)),
  // The kinds of week numbers differ most around new year.
  ...Array.from({ length: 16 }, (_, index) => Date.UTC(2014 + index, 0, 1, 12) / 1000).flatMap((newYear) =>
    [-4, -3, -2, -1, 0, 1, 2, 3, 4, 7].map((days) => newYear + days * day),
  ),
  ...Array.from({ length: 366 }, (_, index) => Date.UTC(2024, 0, 1) / 1000 + index * day + index * 211),
];

/** Returns libc's text for each of the times, from one child process. */
export function libcTexts(zone: string, format: string, times = libcTimes): string[] {
  const output = execFileSync("date", ["-f", "-", `+${format}|`], {
    input: times.map((seconds) => `@${seconds}\n`).join(""),
    env: { PATH: process.env.PATH, TZ: zone, LC_ALL: "C" },
    encoding: "utf8",
  });
  return output.split("|\n").slice(0, -1);
}
