// The format of log messages, their levels, and repeated messages.
import { describe, expect, it } from "vitest";
import { createHostLog, createLog, logLevels, prefixed, RepeatedMessage, type LogLevel } from "../../../src/telemetry/log.js";
import { JumpingClock } from "../../support/fake_clock.js";
import { RecordedLog } from "../../support/recorded_log.js";

function linesAt(threshold: LogLevel): string[] {
  const lines: string[] = [];
  const log = createLog(threshold, () => Date.UTC(2024, 1, 3, 4, 5, 6, 789), (line) => void lines.push(line));
  for (const level of logLevels) log[level](`to ${level}`);
  return lines;
}

describe("a log", () => {
  it("writes lines in the format of the Go plugin's logger", () => {
    expect(linesAt("error")).toEqual(['time="2024-02-03T04:05:06Z" level=error msg="to error"\n']);
  });

  it.each([
    ["debug", ["debug", "info", "warning", "error"]],
    ["info", ["info", "warning", "error"]],
    ["warning", ["warning", "error"]],
    ["error", ["error"]],
  ] as const)("at level %s writes %j", (threshold, levels) => {
    expect(linesAt(threshold).map((line) => /level=(\w+)/.exec(line)?.[1])).toEqual(levels);
  });

  it("keeps a message with quotes and newlines on one line", () => {
    const lines: string[] = [];
    createLog("info", () => 0, (line) => void lines.push(line)).info('a "b"\nc');
    expect(lines).toEqual(['time="1970-01-01T00:00:00Z" level=info msg="a \\"b\\"\\nc"\n']);
  });

  it.each([
    ["DEL", "\u007f", "\\u007f"],
    ["a C1 control character, which some terminals obey", "\u009b2J", "\\u009b2J"],
    ["the next line of C1", "\u0085", "\\u0085"],
    ["Unicode's line and paragraph separators", "\u2028\u2029", "\\u2028\\u2029"],
    ["a mark that reverses the text", "\u202e", "\\u202e"],
    ["an escape", "\u001b", "\\u001b"],
    ["no other characters", "\u00a0 é☃𝄞", "\u00a0 é☃𝄞"],
  ])("in both formats escapes %s", (_, text, escaped) => {
    const lines: string[] = [];
    createLog("info", () => 0, (line) => void lines.push(line)).info(`tag ${text}`);
    const host = { log: (_level: number, line: string) => lines.push(line) > 0, write: () => undefined, now: () => 0 };
    createHostLog(() => 4, host).info(`tag ${text}`);
    expect(lines).toEqual([`time="1970-01-01T00:00:00Z" level=info msg="tag ${escaped}"\n`, `tag ${escaped}`]);
  });

  it("with a prefix writes it before the messages of all levels", () => {
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

  it("is written immediately the first time", () => {
    const { written, message } = setUp();
    message.report("bad record");
    expect(written).toEqual(["bad record"]);
  });

  it("is written again after a minute, with the number of messages in between", () => {
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

  it("counts several occurrences in one call, and ignores zero", () => {
    const { written, message } = setUp();
    message.report("none", 0);
    expect(written).toEqual([]);
    message.report("many", 7);
    expect(written).toEqual(["many (7 records since the last such message)"]);
  });
});

describe("Fluent Bit's log", () => {
  function messagesAt(threshold: number, isTaken = true) {
    const taken: [level: number, text: string][] = [];
    const lines: string[] = [];
    const log = createHostLog(() => threshold, {
      log: (level, text) => {
        if (isTaken) taken.push([level, text]);
        return isTaken;
      },
      write: (line) => void lines.push(line),
      now: () => new Date(2024, 1, 3, 4, 5, 6, 78).getTime(),
    });
    for (const level of logLevels) log[level](`to ${level}`);
    return { taken, lines };
  }

  it.each([
    [0, []],
    [1, ["error"]],
    [2, ["warning", "error"]],
    [3, ["info", "warning", "error"]],
    [4, ["debug", "info", "warning", "error"]],
  ] as const)("at level %i gets %j", (threshold, levels) => {
    expect(messagesAt(threshold).taken.map(([, text]) => text)).toEqual(levels.map((level) => `to ${level}`));
  });

  it("gets each message with Fluent Bit's level number", () => {
    const { taken, lines } = messagesAt(4);
    expect(taken.map(([level]) => level)).toEqual([4, 3, 2, 1]);
    expect(lines).toEqual([]);
  });

  it("is replaced by standard error, in the same format, while no thread of Fluent Bit waits", () => {
    const { lines } = messagesAt(4, false);
    expect(lines).toEqual([
      "[2024/02/03 04:05:06.078] [debug] to debug\n",
      "[2024/02/03 04:05:06.078] [ info] to info\n",
      "[2024/02/03 04:05:06.078] [ warn] to warning\n",
      "[2024/02/03 04:05:06.078] [error] to error\n",
    ]);
  });

  it("gets one line per message, whatever its content", () => {
    const taken: string[] = [];
    const host = { log: (_: number, text: string) => taken.push(text) > 0, write: () => undefined, now: () => 0 };
    createHostLog(() => 4, host).error('tag\n[2024/02/03] [error] forged\r\u0000\u001b[2J\u007f\u0085 "é☃𝄞" \\n');
    expect(taken).toEqual(['tag\\n[2024/02/03] [error] forged\\r\\u0000\\u001b[2J\\u007f\\u0085 "é☃𝄞" \\n']);
  });

  it("follows a changing level", () => {
    let threshold = 1;
    const taken: string[] = [];
    const host = { log: (_: number, text: string) => taken.push(text) > 0, write: () => undefined, now: () => 0 };
    const log = createHostLog(() => threshold, host);
    log.info("before");
    threshold = 3;
    log.info("after");
    expect(taken).toEqual(["after"]);
  });
});
