// time_key: our format, compiled and cached by the second, against the strftime package called for each record.
//
// Runs over the times of 10,000 records, a hundred to the second, in the local zone. Prints its machine.
import strftime from "strftime";
import { bench, describe, expect } from "vitest";
import { TimeFormat } from "../../src/record/time_format.js";
import { tellMachine } from "./machine.js";

const milliseconds = Array.from({ length: 10_000 }, (_, index) => 1_700_000_000_000 + index * 10);

tellMachine("time_format");
for (const pattern of ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%L%z"]) {
  const format = new TimeFormat(pattern, () => "");
  const ours = (ms: number) => format.format(Math.floor(ms / 1000), (ms % 1000) * 1_000_000);
  const perRecord = (ms: number) => strftime(pattern, new Date(ms));
  expect(milliseconds.map(ours)).toEqual(milliseconds.map(perRecord));

  describe(`${pattern}, 10,000 records`, () => {
    bench("ours", () => {
      for (const ms of milliseconds) ours(ms);
    });
    bench("strftime for each record", () => {
      for (const ms of milliseconds) perRecord(ms);
    });
  });
}
