/** What the tools have in common: how they say that they are called, and which slips on the command line they mend. */
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

describe("a tool's name for itself", () => {
  it.each([
    ["/usr/bin/kinesis-tail", "/home/me", "kinesis-tail"],
    ["/opt/kinesis/tools/tail.mjs", "/opt/kinesis", "node tools/tail.mjs"],
    ["/opt/kinesis/tools/tail.mjs", "/opt/kinesis/tools", "node tail.mjs"],
    ["/opt/kinesis/tools/tail.mjs", "/home/me", "node /opt/kinesis/tools/tail.mjs"],
    ["/opt/my tools/tail.mjs", "/home/me", 'node "/opt/my tools/tail.mjs"'],
  ])("of %s in %s is what calls it again: %s", (script, folder, command) => {
    expect(commandOf(script, folder)).toBe(command);
  });
});

describe("options", () => {
  it("are taken with a blank or an equals sign, and the rest by itself", () => {
    expect(read("a", "--stream=s=t", "--json", "--fluent-bit", "5", "b")).toEqual({ stream: "s=t", json: true, "fluent-bit": "5", positionals: ["a", "b"] });
    expect(read("-f", "5")).toEqual({ "fluent-bit": "5", positionals: [] });
  });

  it("are completed where only one begins so, and known in capitals and with underscores", () => {
    expect(read("--str", "s", "--FLUENT_BIT=5", "--j")).toEqual({ stream: "s", "fluent-bit": "5", json: true, positionals: [] });
  });

  it("behind -- are arguments, however they begin", () => {
    expect(read("--", "--str", "--nothing")).toEqual({ positionals: ["--str", "--nothing"] });
  });

  it("leave values alone that look like them", () => {
    expect(read("--stream=--str")).toEqual({ stream: "--str", positionals: [] });
  });

  it.each([
    [["--s", "x"], "unknown option --s; there are --stream, --shard, --json, --fluent-bit"],
    [["--steam"], "unknown option --steam; did you mean --stream?"],
    [["--steam=x"], "unknown option --steam; did you mean --stream?"],
    [["--Sharde"], "unknown option --Sharde; did you mean --shard?"],
    [["--json-lines"], "unknown option --json-lines; did you mean --json?"],
    [["-json"], "unknown option -json; did you mean --json?"],
    [["-z"], "unknown option -z; there are"],
    [["--json=1"], "--json takes no value; write --json alone"],
    [["--stream"], "--stream needs a value; write --stream=VALUE if it begins with a dash"],
    [["--stream", "--json"], "--stream needs a value"],
  ])("%j are refused: %s", (args, message) => {

    expect(() => read(...args)).toThrow(UsageError);
    expect(() => read(...args)).toThrow(message);
  });
});
