// The messages about single records: their text, level and rate.
import { beforeEach, describe, expect, it } from "vitest";
import { maxRecordBytes } from "../../../src/limits.js";
import { createRecordMessages, type RecordMessages } from "../../../src/output/record_messages.js";
import { JumpingClock } from "../../support/fake_clock.js";
import { RecordedLog } from "../../support/recorded_log.js";

describe("an output's log of record problems", () => {
  let clock = new JumpingClock();
  let log = new RecordedLog();
  let messages: RecordMessages = createRecordMessages(log, "logs", maxRecordBytes, clock.now);

  beforeEach(() => {
    clock = new JumpingClock();
    log = new RecordedLog();
    messages = createRecordMessages(log, "logs", maxRecordBytes, clock.now);
  });

  it.each([
    ["warning", "truncating to 1MB, stream=logs", () => messages.truncated(1_234_567)],
    ["warning", "1234567 bytes", () => messages.truncated(1_234_567)],
    ["error", "A record of 99 bytes cannot be compressed and truncated to 1MB; it is dropped", () => messages.tooLarge(99)],
    ["error", "partition key could not be found", () => messages.withoutPartitionKey()],
    ["error", "Failed to find the key specified by log_key", () => messages.refused("has no log_key")],
    ["error", "A record is nested too deeply; it is dropped", () => messages.refused("is nested too deeply")],
    ["warning", "Skipped malformed events in a chunk", () => messages.broken(1)],
  ] as const)("logs at level %s: %s", (level, text, happen) => {
    happen();
    expect(log.messages).toEqual([{ level, text: expect.stringContaining(text) as string }]);
  });

  it("names the limit of max_record_size", () => {
    messages = createRecordMessages(log, "logs", 10_485_760, clock.now);
    messages.truncated(20_000_000);
    messages.tooLarge(20_000_000);
    expect(log.messages.map(({ text }) => /to 10485760 bytes[,;]/u.test(text))).toEqual([true, true]);
  });

  it("logs nothing for a chunk without malformed events", () => {
    messages.broken(0);
    expect(log.messages).toEqual([]);
  });

  it("logs each kind at most once a minute, with a count", () => {
    for (let count = 0; count < 1000; count++) {
      messages.withoutPartitionKey();
      messages.truncated(2_000_000);
      messages.tooLarge(3_000_000);
      messages.broken(2);
    }
    expect(log.messages).toHaveLength(4);
    clock.nowMs += 60_000;
    messages.withoutPartitionKey();
    expect(log.messages.at(-1)?.text).toContain("(1000 records since the last such message)");
  });

  it("logs each reason of refusal separately", () => {
    for (const reason of ["has no log_key", "is nested too deeply", "has no log_key", "is nested too deeply"]) messages.refused(reason);
    expect(log.at("error")).toHaveLength(2);
  });
});
