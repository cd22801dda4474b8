/** Tests the command line of the tool that sends dropped records again. */
import { describe, expect, it } from "vitest";
import { readArguments } from "../../../../scripts/resend/arguments.js";
import { UsageError } from "../../../../scripts/command_line.js";

describe("the arguments", () => {
  it("need only the file", () => {
    expect(readArguments(["dropped.json"])).toEqual({ file: "dropped.json", unsent: "dropped.json.unsent" });
  });

  it("are all read", () => {
    const args = ["--region=us-west-2", "--stream", "s", "--endpoint", "http://localhost:1", "--profile", "p", "--unsent", "left", "f"];
    expect(readArguments(args)).toEqual({ file: "f", region: "us-west-2", stream: "s", endpoint: "http://localhost:1", profile: "p", unsent: "left" });
  });

  it("take the region from the stream's ARN", () => {
    expect(readArguments(["f", "--stream", "arn:aws:kinesis:eu-west-1:123456789012:stream/s"])).toMatchObject({ region: "eu-west-1" });
  });

  it("request help, even if the file is missing", () => expect(readArguments(["-h"])).toBe("help"));

  it.each([
    [[], "the file is missing"],
    [["a", "b"], "'b' is one file too many"],
    [["a", "--stream", "s t"], "'s t' is neither a stream name"],
    [["a", "--region", "us west"], "--region 'us west'"],
    [["a", "--endpoint", "localhost"], "write http://host:port"],
    [["a", "--unsent", ""], "--unsent is empty"],
    [["a", "--profile="], "--profile is empty"],
    [["a", "--strem", "s"], "unknown option --strem; did you mean --stream?"],
    [["a", "--region"], "--region needs a value"],
  ])("%j are rejected with a message what to write", (args, message) => {
    expect(() => readArguments(args)).toThrow(UsageError);
    expect(() => readArguments(args)).toThrow(message);
  });
});
