// Times time_key: our format, compiled and cached by the second, against the strftime package called for each record.
import strftime from "strftime";
import { TimeFormat } from "../../../src/record/time_key/format.js";
import { localZone } from "../../../src/record/time_key/zone.js";
import { type Case, mustEqual } from "../stage.js";

const records = 10_000;
const patterns = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%L%z"];

export function timeKeyCases(): Case[] {
  // A hundred per second.
  const milliseconds = Array.from({ length: records }, (_, index) => 1_700_000_000_000 + index * 10);
  return patterns.map((pattern) => {
    const format = new TimeFormat(pattern, localZone(() => ""));
    const each = (text: (ms: number) => string) => (): string => {
      let last = "";
      for (const ms of milliseconds) last = text(ms);
      return last;
    };
    const ours = (ms: number) => format.format(Math.floor(ms / 1000), (ms % 1000) * 1_000_000);
    const perRecord = (ms: number) => strftime(pattern, new Date(ms));
    mustEqual(milliseconds.map(ours).join(), milliseconds.map(perRecord).join(), pattern);
    return {
      stage: "time_key",
      name: pattern,
      records,
      bytes: records * perRecord(0).length,
      ours: { name: "ours", run: each(ours) },
      others: [{ name: "strftime", run: each(perRecord) }],
    };
  });
}
