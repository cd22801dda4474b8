// Tests the environment variables: their meaning, and the errors about invalid values.
import { describe, expect, it } from "vitest";
import { ConfigurationError } from "../../../src/configuration_error.js";
import { hasLogLevel, kinesisEndpointOf, readInstanceEnvironment, readLogLevel } from "../../../src/options/environment.js";

describe("FLB_LOG_LEVEL", () => {
  it.each([
    [undefined, "info"],
    ["", "info"],
    ["info", "info"],
    ["INFO", "info"],
    ["debug", "debug"],
    ["Debug", "debug"],
    ["error", "error"],
    ["ERROR", "error"],
  ])("%j sets the level %s", (value, level) => {
    expect(readLogLevel({ FLB_LOG_LEVEL: value })).toEqual({ level, unknown: undefined });
  });

  it.each(["trace", "warn", "off", " debug"])("%j is unknown and sets the level info", (value) => {
    expect(readLogLevel({ FLB_LOG_LEVEL: value })).toEqual({ level: "info", unknown: value });
  });
});

describe("FLB_LOG_LEVEL", () => {
  it.each([
    [undefined, false],
    ["", false],
    ["info", true],
    ["loud", true],
  ])("%j overrides Fluent Bit's log_level: %s", (value, expected) => {
    expect(hasLogLevel({ FLB_LOG_LEVEL: value })).toBe(expected);
  });
});

describe("SEND_FAILURE_TIMEOUT", () => {
  it.each([
    [undefined, undefined],
    ["", undefined],
    ["5m30s", 330_000],
    ["1h", 3_600_000],
    ["250ms", 250],
    ["1.5h", 5_400_000],
  ])("%j is %j ms", (value, expected) => {
    expect(readInstanceEnvironment({ SEND_FAILURE_TIMEOUT: value }).sendFailureTimeoutMs).toBe(expected);
  });

  it.each(["5", "0", "0s", "-5m", "soon", "5 m"])("%j is rejected with the name, the value and what is allowed", (value) => {
    const read = () => readInstanceEnvironment({ SEND_FAILURE_TIMEOUT: value });
    expect(read).toThrow(ConfigurationError);
    expect(read).toThrow(
      `Invalid 'SEND_FAILURE_TIMEOUT' value (${value}) specified, must be a duration above zero such as 5m30s, 1h or 250ms`,
    );
  });
});

describe("EKS_POD_EXECUTION_ROLE", () => {
  it.each([
    [undefined, undefined],
    ["", undefined],
    ["arn:aws:iam::123456789012:role/pod", "arn:aws:iam::123456789012:role/pod"],
  ])("%j is the role %j", (value, expected) => {
    expect(readInstanceEnvironment({ EKS_POD_EXECUTION_ROLE: value }).eksPodExecutionRole).toBe(expected);
  });

  it.each(["pod", "arn:aws:iam::12345678901:role/pod", "arn:aws:iam::123456789012:user/pod"])("%s is rejected", (value) => {
    expect(() => readInstanceEnvironment({ EKS_POD_EXECUTION_ROLE: value })).toThrow(
      `Invalid 'EKS_POD_EXECUTION_ROLE' value (${value}) specified, must be the ARN of an IAM role`,
    );
  });
});

describe("the address of Kinesis from the environment", () => {
  const [one, two] = ["http://localhost:1", "http://localhost:2"];

  it.each([
    [{}, undefined],
    [{ AWS_ENDPOINT_URL: "", AWS_ENDPOINT_URL_KINESIS: "" }, undefined],
    [{ AWS_ENDPOINT_URL: one }, `${one} (AWS_ENDPOINT_URL)`],
    [{ AWS_ENDPOINT_URL: one, AWS_ENDPOINT_URL_KINESIS: two }, `${two} (AWS_ENDPOINT_URL_KINESIS)`],
    [{ AWS_ENDPOINT_URL: one, AWS_ENDPOINT_URL_KINESIS: "" }, `${one} (AWS_ENDPOINT_URL)`],
    [{ AWS_ENDPOINT_URL_STS: one }, undefined],
    [{ AWS_ENDPOINT_URL: one, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true" }, undefined],
    [{ AWS_ENDPOINT_URL: one, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "false" }, `${one} (AWS_ENDPOINT_URL)`],
  ])("for %j is %j", (environment, expected) => {
    expect(kinesisEndpointOf(environment)).toBe(expected);
  });

  it("is not shown when it may hold a password", () => {
    expect(kinesisEndpointOf({ AWS_ENDPOINT_URL: "http://user:hidden@localhost:1" })).toBe("that of AWS_ENDPOINT_URL");
  });
});
