// Tests every Fluent Bit configuration in examples/: its options are valid, and it follows the README's advice.
import { describe, expect, it } from "vitest";
import { readConfig } from "../../../src/options/config.js";
import { optionNames } from "../../../src/options/table.js";
import { configurations } from "../../support/example_files.js";
import { RecordedLog } from "../../support/recorded_log.js";

/** Options of every Fluent Bit output that the examples use. */
const fluentBitsOwn = ["name", "match", "retry_limit", "storage.total_limit_size"];

describe.each(configurations())("$name", ({ text, sections }) => {
  const service = new Map(sections.filter(({ kind }) => kind === "SERVICE").flatMap(({ properties }) => [...properties]));
  const outputs = sections.filter(({ kind }) => kind === "OUTPUT").map(({ properties }) => properties);

  it("sends to Kinesis, with options that the plugin accepts", () => {
    expect(outputs.length).toBeGreaterThan(0);
    for (const output of outputs) {
      expect(output.get("name")).toBe("kinesis");
      const own = [...output.keys()].filter((key) => !fluentBitsOwn.includes(key));
      expect(own.filter((key) => !(optionNames as readonly string[]).includes(key))).toEqual([]);
      const values = new Map([...output].map(([key, value]) => [key, replaced(value)]));
      const log = new RecordedLog();
      expect(readConfig((key) => values.get(key), log, () => "UTC").connection.stream).toBe("my-stream");
    }
  });

  it("retries more than once, and sets Grace", () => {
    for (const output of outputs) expect(Number(output.get("retry_limit"))).toBeGreaterThanOrEqual(5);
    expect(Number(service.get("grace"))).toBeGreaterThanOrEqual(5);
  });

  it("leaves workers unset: no flush needs them, and a hot reload crashes Fluent Bit with them", () => {
    for (const output of outputs) expect(output.has("workers")).toBe(false);
  });

  it("lets chunks wait on disk if an input does", () => {
    const onDisk = sections.some(({ properties }) => properties.get("storage.type") === "filesystem");
    expect(service.has("storage.path")).toBe(onDisk);
    if (onDisk) for (const output of outputs) expect(output.has("storage.total_limit_size")).toBe(true);
  });

  it("contains no keys", () => {
    expect(text).not.toMatch(/AKIA|secret_access|aws_session/i);
  });
});

/** Replaces ${NAME} as Fluent Bit does, with the values of the examples. */
function replaced(value: string): string {
  const values: Readonly<Record<string, string>> = {
    AWS_REGION: "us-west-2",
    KINESIS_REGION: "us-west-2",
    KINESIS_STREAM: "my-stream",
    KINESIS_ENDPOINT: "http://kinesis:4568",
  };
  return value.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => values[name] ?? `no value for ${name}`);
}
