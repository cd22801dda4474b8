// Messages about streams: each names its stream, and their number per minute is limited.
import { expect, it } from "vitest";
import { StreamLogs } from "../../../src/output/stream_logs.js";
import { JumpingClock } from "../../support/fake_clock.js";
import { RecordedLog } from "../../support/recorded_log.js";

it.each([
  [19, 19],
  [20, 20],
  [21, 20],
  [500, 20],
])("of %i errors about as many streams, %i are logged in a minute, and the others at level debug", (count, expected) => {
  const log = new RecordedLog();
  const logs = new StreamLogs(log, () => 0);
  for (let stream = 0; stream < count; stream++) logs.of(`s${stream}`).error("it failed");
  const written = log.at("error");
  expect(written).toHaveLength(expected);
  expect(written[0]).toBe("stream s0: it failed");
  expect(log.at("debug")).toHaveLength(count - expected);
});

it("a minute later messages are logged again, with the number of messages at level debug", () => {
  const clock = new JumpingClock();
  const log = new RecordedLog();
  const logs = new StreamLogs(log, clock.now);
  for (let stream = 0; stream < 25; stream++) logs.of(`s${stream}`).warning("it failed");
  clock.nowMs += 60_000;
  logs.of("s1").info("it goes on");
  expect(log.at("warning")).toHaveLength(20);
  expect(log.at("info")).toEqual(["5 messages about streams were logged at level debug, over the limit of 20 per minute", "stream s1: it goes on"]);
});
