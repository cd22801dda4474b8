// Tests the region of an output without the option region: the order of places, and errors about an invalid or missing region.
import { describe, expect, it } from "vitest";
import { readConfig } from "../../../src/options/config.js";
import { findRegion, type DefaultRegion } from "../../../src/options/region.js";
import { RecordedLog } from "../../support/recorded_log.js";

const place = "profile 'p' of a and b";
const inProfile = (region: string) => async () => Promise.resolve({ region, place });

describe("the default region", () => {
  it.each<[Record<string, string>, string, DefaultRegion]>([
    [{ AWS_REGION: "us-west-1", AWS_DEFAULT_REGION: "us-west-2" }, "us-west-3", { region: "us-west-1", source: "AWS_REGION" }],
    [{ AWS_REGION: "", AWS_DEFAULT_REGION: "us-west-2" }, "us-west-3", { region: "us-west-2", source: "AWS_DEFAULT_REGION" }],
    [{ AWS_DEFAULT_REGION: "" }, "us-west-3", { region: "us-west-3", source: place }],
    [{}, "", { region: undefined, lookedIn: ["AWS_REGION", "AWS_DEFAULT_REGION", place] }],
  ])("for %j and a profile with '%s' is %j", async (environment, region, expected) => {
    expect(await findRegion(environment, inProfile(region))).toEqual(expected);
  });

  it("is not read from the files when the environment has one", async () => {
    const fails = async () => Promise.reject(new Error("was read"));
    expect(await findRegion({ AWS_DEFAULT_REGION: "eu-west-1" }, fails)).toEqual({ region: "eu-west-1", source: "AWS_DEFAULT_REGION" });
  });

  it.each([
    [{ AWS_REGION: "us west" }, "", "Invalid 'AWS_REGION' value (us west) specified, must be the code of an AWS region such as us-west-2"],
    [{ AWS_DEFAULT_REGION: "http://x" }, "", "Invalid 'AWS_DEFAULT_REGION' value (http://x) specified, must be"],
    [{}, "a/b", `Invalid 'region of ${place}' value (a/b) specified, must be`],
  ])("for %j and a profile with '%s' is rejected with its place", async (environment, region, message) => {
    await expect(findRegion(environment, inProfile(region))).rejects.toThrow(message);
  });
});

describe("an output without the option region", () => {
  const arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/logs";
  const read = (options: Record<string, string>, found?: DefaultRegion, log = new RecordedLog()) =>
    readConfig((key) => options[key], log, () => "UTC", found);
  const none: DefaultRegion = { region: undefined, lookedIn: ["A", "B"] };

  it("sends to the default region, and logs the region's source", () => {
    const log = new RecordedLog();
    expect(read({ stream: "logs" }, { region: "us-west-1", source: "AWS_REGION" }, log).connection.region).toBe("us-west-1");
    expect(log.at("info")).toContain("region us-west-1 comes from AWS_REGION");
  });

  it("is rejected without any region, with all places that have none", () => {
    expect(() => read({ stream: "logs" }, none)).toThrow("required configuration parameters ('region' is not set, and no region was found in A, B)");
  });

  it("does not send to the region in the stream's ARN, which the error names", () => {
    expect(() => read({ stream: arn }, none)).toThrow("('region' is not set, and no region was found in A, B; the ARN in 'stream' names eu-west-1)");
  });

  it("logs a warning when the default region differs from the ARN's", () => {
    const log = new RecordedLog();
    expect(read({ stream: arn }, { region: "us-west-1", source: "AWS_REGION" }, log).connection.region).toBe("us-west-1");
    expect(log.at("warning")).toEqual(["'stream' is the ARN of a stream in eu-west-1, but requests go to 'region' us-west-1"]);
  });

  it("gets the default region, which the option overrides", () => {
    const log = new RecordedLog();
    expect(read({ stream: "logs", region: "us-east-1" }, { region: "us-west-1", source: "AWS_REGION" }, log).connection.region).toBe("us-east-1");
    expect(log.at("info").join()).not.toContain("comes from");
  });
});
