/** Tests the command line of the tool that reads a stream, and the positions of --from. */
import { describe, expect, it } from "vitest";
import { help, readArguments } from "../../../../scripts/tail/arguments.js";
import { UsageError } from "../../../../scripts/command_line.js";
import { describePosition, readPosition } from "../../../../scripts/tail/position.js";

const nowMs = Date.parse("2026-01-31T12:00:00Z");
const read = (...args: string[]): ReturnType<typeof readArguments> => readArguments(args, nowMs);

describe("the arguments", () => {
  it("need only the stream", () => {
    expect(read("--stream", "s")).toEqual({ stream: "s", from: { kind: "latest" }, json: false });
  });

  it("are all read, with a space or an equals sign", () => {
    const names = ["--stream=s", "--region", "us-west-2", "--endpoint=http://localhost:1", "--profile", "p", "--json"];
    expect(read(...names, "--from", "trim-horizon", "--count", "7", "--shard", "shardId-000000000001")).toEqual({
      stream: "s",
      region: "us-west-2",
      endpoint: "http://localhost:1",
      profile: "p",
      from: { kind: "trim-horizon" },
      json: true,
      count: 7,
      shardId: "shardId-000000000001",
    });
  });

  it("may name the stream by its ARN, which also sets the region", () => {
    const arn = "arn:aws-cn:kinesis:cn-north-1:123456789012:stream/my.stream";
    expect(read("--stream", arn)).toMatchObject({ stream: arn, region: "cn-north-1" });
    expect(read("--stream", arn, "--region", "us-west-2")).toMatchObject({ region: "us-west-2" });
  });

  it("may name the stream without its option, at any position", () => {
    expect(read("my-stream")).toMatchObject({ stream: "my-stream" });
    expect(read("--region", "us-west-2", "my-stream", "--json")).toMatchObject({ stream: "my-stream", region: "us-west-2", json: true });
    expect(read("--json", "--", "-stream-")).toMatchObject({ stream: "-stream-" });
  });

  it("may be shortened to an unambiguous prefix, in capitals, and with an underscore", () => {
    const args = ["--str=s", "--reg", "us-west-2", "--PROFILE", "p", "--fr", "trim-horizon", "--sha", "shardId-000000000001"];
    expect(read(...args)).toMatchObject({ stream: "s", region: "us-west-2", profile: "p", from: { kind: "trim-horizon" }, shardId: "shardId-000000000001" });
  });

  it("request help, even if others are missing", () => {
    expect(read("--help")).toBe("help");
    expect(read("-h")).toBe("help");
  });

  it.each([
    [[], "the stream is missing: name it, npm run tail -- my-stream"],
    [["--stream", ""], "the stream is missing"],
    [["--stream"], "--stream needs a value"],
    [["--stream", "--json"], "--stream needs a value"],
    [["--stream", "s", "--strem", "t"], "unknown option --strem; did you mean --stream?"],
    [["--steam", "s"], "unknown option --steam; did you mean --stream?"],
    [["--stream-name=s"], "unknown option --stream-name; did you mean --stream?"],
    [["-stream", "s"], "unknown option -stream; did you mean --stream?"],
    [["s", "--re", "r", "--s", "t"], "unknown option --s; the options are --stream, --region,"],
    [["s", "--colour"], "unknown option --colour; the options are --stream, --region,"],
    [["-x"], "unknown option -x; the options are"],
    [["s", "t"], "'t' belongs to no option, and the stream is already 's'"],
    [["--stream", "s", "t"], "'t' belongs to no option"],
    [["s t"], "'s t' is neither a stream name"],
    [["--stream", "x".repeat(129)], "is neither a stream name"],
    [["--stream", "s", "--json=yes"], "--json takes no value"],
    [["--stream", "s", "--region", "us west"], "--region 'us west'"],
    [["--stream", "s", "--endpoint", "localhost:4567"], "write http://host:port"],
    [["--stream", "s", "--endpoint", "4567"], "--endpoint '4567' is not an HTTP URL"],
    [["--stream", "s", "--profile", ""], "--profile is empty"],
    [["--stream", "s", "--shard="], "--shard is empty"],
    [["--stream", "s", "--count", "0"], "--count '0'"],
    [["--stream", "s", "--count", "1e3"], "--count '1e3'"],
    [["--stream", "s", "--count=-1"], "--count '-1'"],
    [["--stream", "s", "--count", "9007199254740992"], "must be 1 or more"],
    [["--stream", "s", "--from", "yesterday"], "--from 'yesterday'"],
  ])("%j are rejected with a message what to write", (args, message) => {
    expect(() => read(...args)).toThrow(UsageError);
    expect(() => read(...args)).toThrow(message);
  });

  it("are all in the help", () => {
    for (const option of ["stream", "region", "endpoint", "profile", "from", "json", "count", "shard"]) {
      expect(help("kinesis-tail")).toContain(`  --${option} `);
    }
  });
});

describe("the help", () => {
  it("has examples with the tool's own command, all of them valid", () => {
    const text = help("kinesis-tail");
    const examples = [...text.matchAll(/^ {2}kinesis-tail (my-stream|arn:)(.*)$/gmu)].map(([, begin = "", rest = ""]) => (begin + rest).split(" | ")[0]?.split(" ") ?? []);
    expect(examples.length).toBeGreaterThan(2);
    for (const example of examples) expect(read(...example)).not.toBe("help");
  });

  it("mentions npm's own lines only if npm runs the tool", () => {
    expect(help("npm run tail --")).toContain("npm run --silent\ntail");
    expect(help("kinesis-tail")).not.toContain("npm");
  });
});

describe("the position of --from", () => {
  it.each(["latest", "LATEST", "trim-horizon", "TRIM_HORIZON"])("is %s by its name", (text) => {
    expect(readPosition(text, nowMs)?.kind).toBe(text.toLowerCase().replace("_", "-"));
  });

  it.each([
    ["2026-01-31T09:30:00Z", "2026-01-31T09:30:00.000Z"],
    ["2026-01-31 09:30Z", "2026-01-31T09:30:00.000Z"],
    ["2026-01-31T09:30:15.250+02:00", "2026-01-31T07:30:15.250Z"],
    ["2026-01-31T09:30-0130", "2026-01-31T11:00:00.000Z"],
    ["2024-02-29T00:00z", "2024-02-29T00:00:00.000Z"],
    ["90s", "2026-01-31T11:58:30.000Z"],
    ["15m", "2026-01-31T11:45:00.000Z"],
    ["2h", "2026-01-31T10:00:00.000Z"],
    ["1d", "2026-01-30T12:00:00.000Z"],
    ["2026-01-31T12:00:00.000Z", "2026-01-31T12:00:00.000Z"],
  ])("%s is a time", (text, time) => {
    expect(readPosition(text, nowMs)).toEqual({ kind: "time", time: new Date(time) });
  });

  it("is local without a zone, with and without a time of day", () => {
    expect(readPosition("2026-01-30T09:30", nowMs)).toEqual({ kind: "time", time: new Date(2026, 0, 30, 9, 30) });
    expect(readPosition("2026-01-30", nowMs)).toEqual({ kind: "time", time: new Date(2026, 0, 30) });
  });

  it.each([
    "", "now", "2026", "2026-01", "2026-02-30", "2025-02-29T00:00Z", "2026-13-01", "2026-01-31T24:01Z", "2026-01-31T9:30",
    "2026-01-31T12:00:00.001Z", "31.1.2026", "1738315800", "15", "15min", "-5m", "999999999d", "1.5h", "15M",
  ])("is not %j", (text) => {
    expect(readPosition(text, nowMs)).toBeUndefined();
  });

  it("is described in words", () => {
    expect(describePosition({ kind: "latest" })).toBe("now on");
    expect(describePosition({ kind: "time", time: new Date(0) })).toBe("1970-01-01T00:00:00.000Z on");
  });
});
