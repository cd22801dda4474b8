// The form of the messages, which levels are written, and messages that repeat.
import { describe, expect, it } from "vitest";
import { createLog, logLevels, prefixed, RepeatedMessage, type LogLevel } from "../../src/log.js";
import { JumpingClock } from "../support/fake_clock.js";
import { RecordedLog } from "../support/recorded_log.js";

function linesAt(threshold: LogLevel): string[] {
  const lines: string[] = [];
  const log = createLog(threshold, () => Date.UTC(2024, 1, 3, 4, 5, 6, 789), (line) => void lines.push(line));
  for (const level of logLevels) log[level](`to ${level}`);
  return lines;
}

describe("a log", () => {
  it("writes lines as the Go plugin's logger does", () => {
    expect(linesAt("error")).toEqual(['time="2024-02-03T04:05:06Z" level=error msg="to error"\n']);
  });

  it.each([
    ["debug", ["debug", "info", "warning", "error"]],
    ["info", ["info", "warning", "error"]],
    ["warning", ["warning", "error"]],
    ["error", ["error"]],
  ] as const)("at %s writes %j", (threshold, levels) => {
    expect(linesAt(threshold).map((line) => /level=(\w+)/.exec(line)?.[1])).toEqual(levels);
  });

  it("keeps a message with quotes and newlines on one line", () => {
    const lines: string[] = [];
    createLog("info", () => 0, (line) => void lines.push(line)).info('a "b"\nc');
    expect(lines).toEqual(['time="1970-01-01T00:00:00Z" level=info msg="a \\"b\\"\\nc"\n']);
  });

  it("with a prefix puts it before the messages of all levels", () => {
    const log = new RecordedLog();
    const numbered = prefixed(log, "[kinesis 3] ");
    for (const level of logLevels) numbered[level]("text");
    expect(log.messages).toEqual(logLevels.map((level) => ({ level, text: "[kinesis 3] text" })));
  });
});

describe("a repeated message", () => {
  const setUp = () => {
    const clock = new JumpingClock(0);
    const written: string[] = [];
    return { clock, written, message: new RepeatedMessage((text) => void written.push(text), clock.now) };
  };

  it("is written at once the first time", () => {
    const { written, message } = setUp();
    message.report("bad record");
    expect(written).toEqual(["bad record"]);
  });

  it("is written again after a minute, with the number of those in between", () => {
    const { clock, written, message } = setUp();
    message.report("first");
    for (let count = 0; count < 10; count++) message.report("between");
    clock.nowMs = 59_999;
    message.report("between");
    expect(written).toEqual(["first"]);
    clock.nowMs = 60_000;
    message.report("next");
    expect(written).toEqual(["first", "next (12 records since the last such message)"]);
    clock.nowMs = 120_000;
    message.report("alone");
    expect(written.at(-1)).toBe("alone");
  });

  it("counts several at once, and none not at all", () => {
    const { written, message } = setUp();
    message.report("none", 0);
    expect(written).toEqual([]);
    message.report("many", 7);
    expect(written).toEqual(["many (7 records since the last such message)"]);
  });
});
