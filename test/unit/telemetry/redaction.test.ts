// Redaction of a service's messages: quoted values never appear, whatever they contain.
import { describe, expect, it } from "vitest";
import { blamesStream, redactCode, redactMessage } from "../../../src/telemetry/redaction.js";
import { secrets } from "../../../src/telemetry/secrets.js";
import { cpuMs } from "../../support/cpu_time.js";

const refused = (value: string, place = "records.1.member.partitionKey") =>
  `1 validation error detected: Value '${value}' at '${place}' failed to satisfy constraint: Member must have length less than or equal to 256`;

/** Partition keys that look like the service's own words. */
const keys = ["plain", "", "'", "it's", "a' at 'b", "x' at 'streamName' failed to satisfy constraint", "stream", "Value 'x' at 'y'", "' at '", "a\nb", "The Canonical String x"];

describe("a message that quotes a value", () => {
  it.each(keys.filter((key) => key !== "The Canonical String x"))("is logged without the value %j", (key) => {
    expect(redactMessage(refused(key))).toBe(
      "1 validation error detected: A value at 'records.1.member.partitionKey' failed to satisfy constraint: Member must have length less than or equal to 256",
    );
  });

  it.each(["Value 'secret' is wrong", "Value 'se'cret' is wrong", "Value 'secret"])("in another form is logged without the value: %s", (message) => {
    expect(redactMessage(`Bad: ${message}`)).toMatch(/^Bad: A value( is wrong)?$/);
  });

  it("or a signed string is logged without both", () => {
    expect(redactMessage(refused("The Canonical String x"))).not.toContain("Canonical");
    expect(redactMessage("No match.\n\nThe String-to-Sign should have been\n'secret'")).toBe("No match.");
  });
});

describe("a refusal", () => {
  it.each(keys)("of a record does not blame the stream, whatever its key: %j", (key) => {
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
  ])("of the stream blames the stream: %s", (message) => {
    expect(blamesStream(message)).toBe(true);
  });
});

/** As long as a session token, and longer than a redacted message. */
const secret = `hunter2${"Ab3/+".repeat(200)}`;

describe("a secret in a service's message", () => {
  it.each([0, 592, 593, 594, 599, 600, 601])("after %i other characters leaves no trace where the message is cut", (before) => {
    secrets.note(secret);
    for (const form of [secret, encodeURIComponent(secret)]) {
      const redacted = redactMessage(`${"m".repeat(before)}${form} is not valid`);
      expect(redacted).not.toContain("h");
      expect(redacted.length).toBeLessThanOrEqual(600);
    }
  });

  it.each([0, 92, 93, 94, 99, 100, 101])("after %i other characters leaves no trace where the code is cut", (before) => {
    secrets.note(secret);
    expect(redactCode(`${"m".repeat(before)}${secret}`)).not.toContain("h");
  });

  it("leaves no trace at the end of the 64 Ki characters that are read", () => {
    secrets.note(secret);
    expect(redactMessage(`Value '${"v".repeat(64 * 1024)}' at 'x' ${secret}`)).not.toContain("hunter2");
    expect(redactMessage(`${"m".repeat(64 * 1024 - 500)}${secret}`)).not.toContain("hunter2");
  });
});

it("a message of megabytes is cut, quickly", () => {
  const startMs = cpuMs();
  for (const part of [" ", "'", "Value '", "' at '", "The String", "x"]) {
    const message = part.repeat(Math.ceil(4e6 / part.length));
    expect(redactMessage(message).length).toBeLessThanOrEqual(600);
    blamesStream(message);
  }
  expect(cpuMs() - startMs).toBeLessThan(2000);
  expect(redactCode("C".repeat(1e6))).toHaveLength(100);
});
