/** Tests that classic configurations are read as Fluent Bit reads them. */
import { symlinkSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Configuration } from "../../../../scripts/check/configuration.js";
import { ConfigurationFolder } from "../../../support/checked_configuration.js";

let files: ConfigurationFolder;
beforeEach(() => (files = new ConfigurationFolder()));
afterEach(() => files.remove());

const read = (text: string | Uint8Array) => files.read("main.conf", text);
const entriesOf = ({ sections }: Configuration) => sections.map(({ kind, entries }) => [kind, entries.map(({ key, value, line }) => [key, value, line])]);
const linesOf = ({ problems }: Configuration) => problems.map(({ place }) => place?.line);

describe("a classic configuration", () => {
  it("has sections with keys, values and their lines, without comments and empty lines", () => {
    const read1 = read("# first\n\n[SERVICE]\n    Flush   2  \n    # of a key\n[OUTPUT]\r\n    Name kinesis\r\n    log_key a # b\n");
    expect(entriesOf(read1)).toEqual([
      ["service", [["Flush", "2", 4]]],
      ["output", [["Name", "kinesis", 7], ["log_key", "a # b", 8]]],
    ]);
    expect(read1.problems).toEqual([]);
  });

  it.each([
    ["OUTPUT", "output"],
    ["output", "output"],
    ["OUT", "output"],
    ["OUTPUTS", "output"],
    ["OUTPUT ", "other"],
    ["OUTPTU", "other"],
    ["in", "input"],
    ["S", "service"],
    ["Filter", "filter"],
    ["CUSTOM", "custom"],
    ["UPSTREAM_SERVERS", "other"],
  ])("reads [%s] as %s", (name, kind) => {
    expect(read(`[${name}]\n  Name x\n`).sections.map((section) => section.kind)).toEqual([kind]);
  });

  it.each([
    ["a key that is not indented", "[OUTPUT]\nName x\n", 2],
    ["a key with more blanks than the first", "[OUTPUT]\n  Name x\n   Match y\n", 3],
    ["a key with fewer blanks", "[OUTPUT]\n  Name x\n Match y\n", 3],
    ["a tab where there were blanks", "[OUTPUT]\n  Name x\n\tMatch y\n", 3],
    ["a comment with fewer blanks", "[OUTPUT]\n  Name x\n # why\n", 3],
    ["a blank line with fewer blanks", "[OUTPUT]\n  Name x\n \n", 3],
    ["a key without a value", "[OUTPUT]\n  Name x\n  Match\n", 3],
    ["a key with a tab before its value", "[OUTPUT]\n  Name\tx\n", 2],
    ["a value of blanks", "[OUTPUT]\n  Name   \n", 2],
    ["a key outside of a section", "  Name x\n", 1],
    ["a section that is not closed", "[OUTPUT\n", 1],
    ["a command without a value", "@SETTING\n[OUTPUT]\n  Name x\n", 1],
    ["a parser", "[PARSER]\n  Name x\n", 1],
    ["an @INCLUDE of no file", "@INCLUDE none.conf\n", 1],
    ["an @INCLUDE of a pattern without a file", "@INCLUDE none*.conf\n", 1],
    ["an @INCLUDE of an invalid pattern", "@INCLUDE [z-a]*.conf\n", 1],
    ["a byte order mark", "\ufeff[OUTPUT]\n  Name x\n", 1],
    ["a byte order mark before a comment", "\ufeff# why\n[OUTPUT]\n  Name x\n", 1],
    ["UTF-16", Buffer.from("\ufeff[OUTPUT]\r\n  Name x\r\n  Match *\r\n", "utf16le"), 1],
    ["several keys outside of a section, once", "  Name x\n  Match y\n", 1],
  ])("is rejected for %s, with the line", (_, text, line) => {
    const { problems } = read(text);
    expect(problems.map(({ severity }) => severity)).toEqual(["error"]);
    expect(problems[0]?.place?.line).toBe(line);
  });

  it("does not add the keys of a group, at twice the indentation, to the section", () => {
    const found = read("[OUTPUT]\n  Name x\n  [group] \n    Name y\n  Match z\n");
    expect(entriesOf(found)).toEqual([["output", [["Name", "x", 2], ["Match", "z", 5]]]]);
    expect(found.problems).toEqual([]);
  });

  it("sets variables by @SET, keeping blanks around the equals sign", () => {
    const { variables, problems } = read("@SET stream=logs\n@set a b = c\n@SET nothing\n");
    expect([...variables]).toEqual([["stream", "logs"], ["a b ", " c"]]);
    expect(problems.map(({ severity, place }) => [severity, place?.line])).toEqual([["warning", 3]]);
  });

  it("includes files by name and by pattern from the main file's folder, with their own names and lines", () => {
    files.write("parts/a.conf", "[OUTPUT]\n\tName a\n");
    files.write("parts/b.conf", "[OUTPUT]\n  Name b\n");
    files.write("parts/.hidden.conf", "[OUTPUT]\n  Name hidden\n");
    files.write("parts/c.txt", "[OUTPUT]\n  Name c\n");
    files.write("one.conf", "# first\n[INPUT]\n  Name one\n");
    const found = read("@include one.conf\n[SERVICE]\n    Flush 1\n@INCLUDE part[r-t]/*.co?f\n    Grace 2\n");
    expect(found.problems).toEqual([]);
    expect(found.sections.map(({ kind }) => kind)).toEqual(["input", "service", "output", "output"]);
    expect(found.sections[1]?.entries.map(({ key }) => key)).toEqual(["Flush", "Grace"]);
    expect(found.sections.slice(2).map(({ entries }) => entries[0]?.value).sort()).toEqual(["a", "b"]);
    expect(found.sections[0]?.entries[0]).toMatchObject({ file: `${files.folder}/one.conf`, line: 3 });
  });

  it("is read after a byte order mark", () => {
    expect(entriesOf(read("\ufeff[OUTPUT]\n  Name x\n"))).toEqual([["output", [["Name", "x", 2]]]]);
  });

  it("keeps non-ASCII white space around a value, such as a no-break space", () => {
    expect(entriesOf(read("[OUTPUT]\n  Name \t\u00a0x\ufeff \v\n"))).toEqual([["output", [["Name", "\u00a0x\ufeff", 2]]]]);
  });

  it("includes files in all folders that a pattern matches", () => {
    files.write("parts/a/one.conf", "[INPUT]\n  Name a\n");
    files.write("parts/b/other.conf", "[INPUT]\n  Name b\n");
    const found = read("@INCLUDE parts/*/one.conf\n");
    expect(found.problems).toEqual([]);
    expect(found.sections.map(({ entries }) => entries[0]?.value)).toEqual(["a"]);
  });

  it("warns of an included folder, which is not read", () => {
    files.write("parts/deep/one.conf", "[INPUT]\n  Name a\n");
    const found = read("@INCLUDE parts\n@INCLUDE parts/*\n");
    expect(found.problems.map(({ severity, place, message }) => [severity, place?.line, message.replace(files.folder, "")])).toEqual([
      ["warning", 1, "'/parts' is a folder, which Fluent Bit does not read"],
      ["warning", 2, "'/parts/deep' is a folder, which Fluent Bit does not read"],
    ]);
    expect(found.sections).toEqual([]);
  });

  it("is rejected for a dangling link", () => {
    symlinkSync("nowhere", path.join(files.folder, "link.conf"));
    const { problems } = read("@INCLUDE *.conf\n");
    expect(problems.map(({ severity, place }) => [severity, place?.line])).toContainEqual(["error", 1]);
    expect(problems.map(({ message }) => message).join()).toMatch(/link\.conf' cannot be read: ENOENT/);
  });

  it("reads no file twice, including itself", () => {
    files.write("one.conf", "[INPUT]\n  Name one\n@INCLUDE main.conf\n");
    const found = read("@INCLUDE one.conf\n@INCLUDE one.conf\n");
    expect(linesOf(found)).toEqual([3, 2]);
    expect(found.sections).toHaveLength(1);
  });
});
