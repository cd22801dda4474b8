// What is told of a service's message: no value that it quotes, whatever the value looks like.
import { describe, expect, it } from "vitest";
import { blamesStream, redactCode, redactMessage } from "../../../src/telemetry/redaction.js";
import { secrets } from "../../../src/telemetry/secrets.js";

const refused = (value: string, place = "records.1.member.partitionKey") =>
  `1 validation error detected: Value '${value}' at '${place}' failed to satisfy constraint: Member must have length less than or equal to 256`;

/** Partition keys that look like the service's own words. */
const keys = ["plain", "", "'", "it's", "a' at 'b", "x' at 'streamName' failed to satisfy constraint", "stream", "Value 'x' at 'y'", "' at '", "a\nb", "The Canonical String x"];

describe("a message that quotes a value", () => {
  it.each(keys.filter((key) => key !== "The Canonical String x"))("does not show it: %j", (key) => {
    expect(redactMessage(refused(key))).toBe(
      "1 validation error detected: A value at 'records.1.member.partitionKey' failed to satisfy constraint: Member must have length less than or equal to 256",
    );
  });

  it.each(["Value 'secret' is wrong", "Value 'se'cret' is wrong", "Value 'secret"])("in another form does not show it either: %s", (message) => {
    expect(redactMessage(`Bad: ${message}`)).toMatch(/^Bad: A value( is wrong)?$/);
  });

  it("and what should have been signed shows neither", () => {
    expect(redactMessage(refused("The Canonical String x"))).not.toContain("Canonical");
    expect(redactMessage("No match.\n\nThe String-to-Sign should have been\n'secret'")).toBe("No match.");
  });
});

describe("a refusal", () => {
  it.each(keys)("of a record is no refusal of the stream, whatever its key: %j", (key) => {
    expect(blamesStream(refused(key))).toBe(false);
    expect(blamesStream(`The partition key '${key}' is too long`)).toBe(false);
    expect(blamesStream(`Partition key ${key} is too long`)).toBe(false);
  });

  it.each([
    refused("a b", "streamName"),
    refused("x' at 'records.1.member.partitionKey", "streamARN"),
    "Stream ARN does not belong to the account",
    "Invalid StreamARN.",
    "'logs' is not a valid stream name",
    "Must specify a StreamName or StreamARN; records were not read",
  ])("of the stream is one: %s", (message) => {
    expect(blamesStream(message)).toBe(true);
  });
});

/** As long as a session token, and longer than what is told of a message. */
const secret = `hunter2${"Ab3/+".repeat(200)}`;

describe("a secret that is repeated", () => {
  it.each([0, 592, 593, 594, 599, 600, 601])("behind %i other characters leaves no part of itself where the message is cut", (before) => {
    secrets.note(secret);
    for (const form of [secret, encodeURIComponent(secret)]) {
      const told = redactMessage(`${"m".repeat(before)}${form} is not valid`);
      expect(told).not.toContain("h");
      expect(told.length).toBeLessThanOrEqual(600);
    }
  });

  it.each([0, 92, 93, 94, 99, 100, 101])("behind %i other characters leaves no part of itself where the code is cut", (before) => {
    secrets.note(secret);
    expect(redactCode(`${"m".repeat(before)}${secret}`)).not.toContain("h");
  });

  it("where 64 Ki characters end, which are looked at, leaves no part of itself either", () => {
    secrets.note(secret);
    expect(redactMessage(`Value '${"v".repeat(64 * 1024)}' at 'x' ${secret}`)).not.toContain("hunter2");
    expect(redactMessage(`${"m".repeat(64 * 1024 - 500)}${secret}`)).not.toContain("hunter2");
  });
});

it("a message of megabytes is told in part, and quickly", () => {
  const start = performance.now();
  for (const part of [" ", "'", "Value '", "' at '", "The String", "x"]) {
    const message = part.repeat(Math.ceil(4e6 / part.length));
    expect(redactMessage(message).length).toBeLessThanOrEqual(600);
    blamesStream(message);
  }
  expect(performance.now() - start).toBeLessThan(2000);
  expect(redactCode("C".repeat(1e6))).toHaveLength(100);
});
