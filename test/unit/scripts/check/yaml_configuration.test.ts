/** Tests that YAML configurations are read as Fluent Bit reads them. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Configuration } from "../../../../scripts/check/configuration.js";
import { translatedKey } from "../../../../scripts/check/yaml_configuration.js";
import { ConfigurationFolder } from "../../../support/checked_configuration.js";

let files: ConfigurationFolder;
beforeEach(() => (files = new ConfigurationFolder()));
afterEach(() => files.remove());

const read = (text: string) => files.read("main.yaml", text);
const entriesOf = ({ sections }: Configuration) => sections.map(({ kind, entries }) => [kind, entries.map(({ key, value, line }) => [key, value, line])]);

const outputs = "pipeline:\n  outputs:\n    - name: kinesis\n";

describe("a configuration in YAML", () => {
  it("has a service, inputs and outputs with values as written", () => {
    const found = read("service:\n  flush: 1.50\nPIPELINE:\n  inputs:\n    - name: cpu\n  outputs:\n    - Name: kinesis\n      match: '*'\n      aggregation: yes\n      max_record_size: 0x10\n");
    expect(entriesOf(found)).toEqual([
      ["service", [["flush", "1.50", 2]]],
      ["input", [["name", "cpu", 5]]],
      ["output", [["Name", "kinesis", 7], ["match", "*", 8], ["aggregation", "yes", 9], ["max_record_size", "0x10", 10]]],
    ]);
    expect(found.problems).toEqual([]);
  });

  it.each([
    ["roleArn", "role_arn"],
    ["Region", "Region"],
    ["retry_Limit", "retry_Limit"],
    ["stream", "stream"],
    ["maxRecordSize", "max_record_size"],
  ])("reads the key %s as %s", (key, expected) => {
    expect(translatedKey(key)).toBe(expected);
  });

  it("omits processors and routes, and notes that there are routes", () => {
    const found = read(`pipeline:\n  inputs:\n    - name: cpu\n      routes:\n        logs: []\n  outputs:\n    - name: kinesis\n      processors:\n        logs:\n          - name: sql\n`);
    expect(entriesOf(found)).toEqual([["input", [["name", "cpu", 3]]], ["output", [["name", "kinesis", 7]]]]);
    expect(found).toMatchObject({ problems: [], hasRoutes: true });
  });

  it("may have sections of other kinds", () => {
    const text = "plugins: [a.so]\nparsers:\n  - name: p\nextensions:\n  a: [b]\nother:\n  a: b\n";
    expect(read(`${text}${outputs}`).problems).toEqual([]);
  });

  it("keeps non-ASCII white space around a value", () => {
    expect(entriesOf(read(`${outputs}      stream: "\\t logs\\u00a0"\n`))[0]?.[1]?.[1]).toEqual(["stream", "logs\u00a0", 4]);
  });

  it("may have telemetry only in an input", () => {
    const telemetry = "      telemetry:\n        metrics:\n          logs: {}\n";
    expect(read(`pipeline:\n  inputs:\n    - name: cpu\n${telemetry}`).problems).toEqual([]);
    expect(read(`pipeline:\n  filters:\n    - name: grep\n${telemetry}`).problems).toHaveLength(1);
    expect(read(`${outputs}${telemetry}`).problems).toHaveLength(1);
    expect(read("pipeline:\n  inputs:\n    - name: cpu\n      telemetry: [a, {b: c}]\n").problems).toHaveLength(1);
  });

  it("sets a key once for each value of a list", () => {
    const found = read(`${outputs}      data_keys: [a, b]\n`);
    expect(found.sections[0]?.entries.slice(1)).toMatchObject([{ key: "data_keys", value: "a", listed: 2 }, { value: "b", listed: 2 }]);
  });

  it("sets variables below env, in both forms", () => {
    expect([...read("env:\n  a: 1\n  b: x\n").variables]).toEqual([["a", "1"], ["b", "x"]]);
    expect([...read("env:\n  - name: a\n    value: 1\n  - b: x\n").variables]).toEqual([["a", "1"], ["b", "x"]]);
  });

  it("includes files by name and by pattern from the including file's folder", () => {
    files.write("parts/a.yaml", "includes:\n  - deep/b.yaml\n");
    files.write("parts/deep/b.yaml", outputs);
    files.write("more1.yaml", outputs);
    const found = read("includes:\n  - parts/a.yaml\n  - more*.yaml\n");
    expect(found.problems).toEqual([]);
    expect(found.sections.map(({ file, line }) => [file, line])).toEqual([
      [`${files.folder}/parts/deep/b.yaml`, 3],
      [`${files.folder}/more1.yaml`, 3],
    ]);
  });

  it.each([
    ["invalid YAML", "service:\n  flush: [1\n", /not valid YAML/],
    ["a list at the top", "- a\n", /no names/],
    ["outputs that are not a list", "pipeline:\n  outputs:\n    name: kinesis\n", /must be a list/],
    ["outputs without a value", "pipeline:\n  outputs:\n", /must be a list/],
    ["an unknown part of the pipeline", "pipeline:\n  output:\n    - name: kinesis\n", /'output' is not part/],
    ["a map as an option's value", `${outputs}      stream:\n        name: x\n`, /'stream' has no single value/],
    ["processors that are a list", `${outputs}      processors:\n        - name: sql\n`, /'processors' is a list/],
    ["outputs outside of the pipeline", "outputs:\n  - name: kinesis\n", /'outputs' is not a section/],
    ["a pipeline by another name", "pipelines:\n  outputs:\n    - name: kinesis\n", /'pipelines' is not a section/],
    ["a section without a value", "other:\n", /'other' is not a section/],
    ["plugins that are not a list", "plugins: a.so\n", /'plugins' is not a list/],
    ["an alias", `env:\n  a: &a b\n${outputs}      stream: *a\n`, /'stream' has no single value/],
    ["a second service", "service:\n  flush: 1\nservice:\n  flush: 2\n", /'service' is repeated/],
    ["a map in the service", "service:\n  storage:\n    path: x\n", /'storage' of the service/],
    ["an include of no file", "includes:\n  - none.yaml\n", /cannot be read/],
    ["an include of itself", "includes:\n  - main.yaml\n", /read already/],
    ["a pattern without a file", "includes:\n  - none*.yaml\n", /no file is found/],
    ["an include that is not a list", "includes: other.yaml\n", /'includes' is not a list/],
  ])("is rejected for %s", (_, text, message) => {
    const { problems } = read(text);
    expect(problems.map(({ severity }) => severity)).toContain("error");
    expect(problems[0]?.message).toMatch(message);
  });

  it.each([
    ["*", /in quotes/],
    ["*.log", /in quotes, '\*\.log'/],
  ])("is rejected for a bare %s, which must be in quotes", (match, advice) => {
    expect(read(`${outputs}      match: ${match}\n`).problems).toMatchObject([{ place: { line: 4 }, advice: expect.stringMatching(advice) as string }]);
  });

  it.each(["\t\n", "  \t\n", "\t# why\n", "      \t # why\r\n"])("is rejected for the line %j", (line) => {
    expect(read(`${outputs}${line}      match: x\n`).problems).toMatchObject([{ severity: "error", place: { line: 4 } }]);
    expect(read(`${line}${outputs}`).problems).toMatchObject([{ severity: "error", place: { line: 1 } }]);
  });

  it.each([
    "      alias:\tx\n",
    "      alias: x\t# why\n",
    "      alias: |\n        a\n        \t\n        b\n",
    "      alias: >\n        a\n        \t# b\n",
  ])("accepts the tab in %j", (lines) => {
    expect(read(outputs + lines).problems).toEqual([]);
  });

  it("is rejected without showing the content of an invalid line", () => {
    const { problems } = read("service:\n  secret: \"s3cr3t\n  x: y: z\n");
    expect(problems).not.toEqual([]);
    expect(JSON.stringify(problems)).not.toContain("s3cr3t");
  });
});
