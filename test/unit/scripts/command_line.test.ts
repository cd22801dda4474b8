/** Tests the command line of the tools: how they name themselves, and which mistakes they correct. */
import { describe, expect, it } from "vitest";
import { commandOf, readOptions, UsageError } from "../../../scripts/command_line.js";

const options = {
  stream: { type: "string" },
  shard: { type: "string" },
  json: { type: "boolean" },
  "fluent-bit": { type: "string", short: "f" },
} as const;
const read = (...args: string[]) => {
  const { values, positionals } = readOptions(args, options);
  return { ...values, positionals };
};

describe("commandOf", () => {
  it.each([
    ["/usr/bin/kinesis-tail", "/home/me", "kinesis-tail"],
    ["/opt/kinesis/tools/tail.mjs", "/opt/kinesis", "node tools/tail.mjs"],
    ["/opt/kinesis/tools/tail.mjs", "/opt/kinesis/tools", "node tail.mjs"],
    ["/opt/kinesis/tools/tail.mjs", "/home/me", "node /opt/kinesis/tools/tail.mjs"],
    ["/opt/my tools/tail.mjs", "/home/me", 'node "/opt/my tools/tail.mjs"'],
  ])("returns for %s in %s the command that runs it again: %s", (script, folder, command) => {
    expect(commandOf(script, folder)).toBe(command);
  });
});

describe("options", () => {
  it("are read with a blank or an equals sign, next to positional arguments", () => {
    expect(read("a", "--stream=s=t", "--json", "--fluent-bit", "5", "b")).toEqual({ stream: "s=t", json: true, "fluent-bit": "5", positionals: ["a", "b"] });
    expect(read("-f", "5")).toEqual({ "fluent-bit": "5", positionals: [] });
  });

  it("may be shortened to an unambiguous prefix, in capitals and with underscores", () => {
    expect(read("--str", "s", "--FLUENT_BIT=5", "--j")).toEqual({ stream: "s", "fluent-bit": "5", json: true, positionals: [] });
  });

  it("after -- are arguments, even with leading dashes", () => {
    expect(read("--", "--str", "--nothing")).toEqual({ positionals: ["--str", "--nothing"] });
  });

  it("do not change values that look like them", () => {
    expect(read("--stream=--str")).toEqual({ stream: "--str", positionals: [] });
  });

  it.each([
    [["--s", "x"], "unknown option --s; the options are --stream, --shard, --json, --fluent-bit"],
    [["--steam"], "unknown option --steam; did you mean --stream?"],
    [["--steam=x"], "unknown option --steam; did you mean --stream?"],
    [["--Sharde"], "unknown option --Sharde; did you mean --shard?"],
    [["--json-lines"], "unknown option --json-lines; did you mean --json?"],
    [["-json"], "unknown option -json; did you mean --json?"],
    [["-z"], "unknown option -z; the options are"],
    [["--json=1"], "--json takes no value; write --json alone"],
    [["--stream"], "--stream needs a value; write --stream=VALUE if it begins with a dash"],
    [["--stream", "--json"], "--stream needs a value"],
  ])("%j are rejected: %s", (args, message) => {

    expect(() => read(...args)).toThrow(UsageError);
    expect(() => read(...args)).toThrow(message);
  });
});
