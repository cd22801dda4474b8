// The log messages about deliveries: one for each change of state.
import { beforeEach, describe, expect, it } from "vitest";
import { DeliveryReport } from "../../../src/delivery/delivery_report.js";
import { tableOfDelivery, type ViewDelivery } from "../../support/delivered_entries.js";
import { JumpingClock } from "../../support/fake_clock.js";
import { RecordedLog } from "../../support/recorded_log.js";
import { entriesOf } from "../../support/scripted_client.js";
import { entryOf } from "../../support/entry.js";

const delivered: ViewDelivery = { kind: "delivered", delivered: 3, deliveredRecords: 3, strayed: 0, refused: [], retryRounds: 0, behindMs: 0 };

function failing(code: string, message = "why"): ViewDelivery {
  return { kind: "remaining", delivered: 3, deliveredRecords: 3, strayed: 0, refused: [], retryRounds: 0, behindMs: 0, remaining: entriesOf(2), failure: { code, message } };
}

describe("the delivery report", () => {
  let clock = new JumpingClock();
  let log = new RecordedLog();
  let report = new DeliveryReport(log, clock.now);
  const reported = (delivery: ViewDelivery) => report.report(...tableOfDelivery(delivery));

  beforeEach(() => {
    clock = new JumpingClock();
    log = new RecordedLog();
    report = new DeliveryReport(log, clock.now);
  });

  it("logs successes only at debug", () => {
    reported(delivered);
    reported(delivered);
    expect(log.messages).toEqual(Array(2).fill({ level: "debug", text: "Sent 3 records to Kinesis" }));
  });

  it("logs the first of successive failures as an error, with numbers, code and reason", () => {
    reported(failing("InternalFailure", "broken"));
    expect(log.at("error")).toEqual([
      "2/5 records failed to be delivered. Will retry. PutRecords failed with InternalFailure: broken. " +
        "Further failures of this kind are only written at log level debug.",
    ]);
  });

  it("counts the records inside aggregates, not the aggregates", () => {
    const remaining = [entryOf({ data: Buffer.from("x"), events: [0, 1, 2] }), entryOf({ data: Buffer.from("y"), events: 3 })];
    reported({ ...failing("InternalFailure"), kind: "remaining", delivered: 1, deliveredRecords: 6, remaining, failure: { code: "InternalFailure", message: "why" } });
    expect(log.at("error")).toEqual([expect.stringMatching(/^4\/10 records failed to be delivered\./)]);
    reported({ ...delivered, delivered: 1, deliveredRecords: 4 });
    expect(log.at("debug")).toEqual(["Sent 4 records to Kinesis"]);
  });

  it("logs further failures with the same code at debug", () => {
    for (let count = 0; count < 4; count++) reported(failing("InternalFailure"));
    expect(log.at("error")).toHaveLength(1);
    expect(log.at("debug")).toHaveLength(3);
  });

  it("logs a failure with another code as an error when the last error is a minute old", () => {
    for (const [afterMs, code] of [[0, "InternalFailure"], [59_999, "ECONNREFUSED"], [60_000, "ECONNREFUSED"], [60_001, "InternalFailure"]] as const) {
      clock.nowMs = afterMs;
      reported(failing(code));
    }
    expect(log.at("error")).toEqual([
      expect.stringMatching(/InternalFailure.*only written at log level debug\.$/),
      expect.stringMatching(/ECONNREFUSED.*only written at log level debug \(1 failures since the last such message\)\.$/),
    ]);
    expect(log.at("debug")).toHaveLength(2);
  });

  it("logs one error a minute when each failure has another code, with the number of the others", () => {
    for (let second = 0; second < 600; second++) {
      clock.nowMs = second * 1000;
      reported(failing(`Code${second}`));
    }
    expect(log.at("error")).toHaveLength(10);
    expect(log.at("error").at(-1)).toContain("PutRecords failed with Code540: why.");
    expect(log.at("error").at(-1)).toContain("(59 failures since the last such message)");
    expect(log.at("debug")).toHaveLength(590);
  });

  it("logs one error a minute, and as many recoveries, when the service fails and recovers constantly", () => {
    for (let second = 0; second < 600; second++) {
      clock.nowMs = second * 1000;
      reported(second % 2 === 0 ? failing("InternalFailure") : delivered);
    }
    expect(log.at("error")).toHaveLength(10);
    expect(log.at("info")).toHaveLength(10);
  });

  it("logs the recovery once, with the duration of the failures", () => {
    reported(failing("InternalFailure"));
    clock.nowMs += 60_000;
    reported(failing("ECONNREFUSED"));
    clock.nowMs += 30_400;
    reported(delivered);
    reported(delivered);
    expect(log.at("info")).toEqual(["Records are delivered again, after 90 s of failures"]);
  });

  it("logs records that Kinesis refuses with size, length of key and reason, but without content", () => {
    const failure = { code: "ValidationException", message: "too odd" };
    const entry = entryOf({ data: Buffer.from("private"), partitionKey: "k\u{1f511}y", events: [0, 1] });
    reported({ ...delivered, refused: [{ entry, failure }] });
    const [message, ...more] = log.at("error");
    expect(message).toBe(
      "A record of 7 bytes with a partition key of 3 characters is dropped, since Kinesis refuses it with " +
        "ValidationException: too odd (2 records since the last such message)",
    );
    expect(more).toEqual([]);
    reported({ ...delivered, refused: [{ entry, failure }] });
    expect(log.at("error")).toHaveLength(1);
  });

  it("does not log a recovery for a chunk whose records were all refused", () => {
    reported(failing("InternalFailure"));
    const refused = [{ entry: entryOf({ data: Buffer.from("x"), events: 0 }), failure: { code: "ValidationException", message: "" } }];
    reported({ ...delivered, delivered: 0, deliveredRecords: 0, refused });
    expect(log.at("info")).toEqual([]);
    reported(delivered);
    expect(log.at("info")).toHaveLength(1);
  });

  it("logs the next failure after a recovery as an error again", () => {
    reported(failing("InternalFailure"));
    reported(delivered);
    clock.nowMs += 60_000;
    reported(failing("InternalFailure"));
    clock.nowMs += 1000;
    reported(delivered);
    expect(log.at("error")).toHaveLength(2);
    expect(log.at("info").at(-1)).toContain("after 1 s");
  });

  it.each([
    ["CredentialsProviderError", "AWS_ACCESS_KEY_ID"],
    ["ResourceNotFoundException", "stream and region"],
    ["AccessDeniedException", "kinesis:PutRecords"],
    ["AccessDenied", "sts:AssumeRole"],
    ["InvalidSignatureException", "clock"],
    ["ExpiredTokenException", "renew"],
    ["ProvisionedThroughputExceededException", "Throughput limits for the stream may have been exceeded"],
    ["ECONNREFUSED", "endpoint"],
    ["ENOTFOUND", "DNS"],
    ["EAI_AGAIN", "DNS"],
  ])("logs advice for %s", (code, advice) => {
    reported(failing(code));
    expect(log.at("error")[0]).toContain(advice);
  });
});
