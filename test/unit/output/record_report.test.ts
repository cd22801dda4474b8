// The messages about single records: their text, level and rate.
import { beforeEach, describe, expect, it } from "vitest";
import { maxRecordBytes } from "../../../src/limits.js";
import { createRecordReport, type RecordMessages } from "../../../src/output/record_report.js";
import { JumpingClock } from "../../support/fake_clock.js";
import { RecordedLog } from "../../support/recorded_log.js";

describe("the report on records", () => {
  let clock = new JumpingClock();
  let log = new RecordedLog();
  let report: RecordMessages = createRecordReport(log, "logs", maxRecordBytes, clock.now);

  beforeEach(() => {
    clock = new JumpingClock();
    log = new RecordedLog();
    report = createRecordReport(log, "logs", maxRecordBytes, clock.now);
  });

  it.each([
    ["warning", "truncating to 1MB, stream=logs", () => report.truncated(1_234_567)],
    ["warning", "1234567 bytes", () => report.truncated(1_234_567)],
    ["error", "A record of 99 bytes cannot be compressed and truncated to 1MB; it is dropped", () => report.tooLarge(99)],
    ["error", "partition key could not be found", () => report.withoutPartitionKey()],
    ["error", "Failed to find the key specified by log_key", () => report.refused("has no log_key")],
    ["error", "A record is nested too deeply; it is dropped", () => report.refused("is nested too deeply")],
    ["warning", "Skipped malformed events in a chunk", () => report.broken(1)],
  ] as const)("logs at level %s: %s", (level, text, happen) => {
    happen();
    expect(log.messages).toEqual([{ level, text: expect.stringContaining(text) as string }]);
  });

  it("names the limit of max_record_size", () => {
    report = createRecordReport(log, "logs", 10_485_760, clock.now);
    report.truncated(20_000_000);
    report.tooLarge(20_000_000);
    expect(log.messages.map(({ text }) => /to 10485760 bytes[,;]/u.test(text))).toEqual([true, true]);
  });

  it("logs nothing for a chunk without malformed events", () => {
    report.broken(0);
    expect(log.messages).toEqual([]);
  });

  it("logs each kind at most once a minute, with a count", () => {
    for (let count = 0; count < 1000; count++) {
      report.withoutPartitionKey();
      report.truncated(2_000_000);
      report.tooLarge(3_000_000);
      report.broken(2);
    }
    expect(log.messages).toHaveLength(4);
    clock.nowMs += 60_000;
    report.withoutPartitionKey();
    expect(log.messages.at(-1)?.text).toContain("(1000 records since the last such message)");
  });

  it("logs each reason of refusal separately", () => {
    for (const reason of ["has no log_key", "is nested too deeply", "has no log_key", "is nested too deeply"]) report.refused(reason);
    expect(log.at("error")).toHaveLength(2);
  });
});
