// Tests which wrong names of options are found, and the warnings about them.
import { expect, it } from "vitest";
import { optionNames } from "../../../src/options/table.js";
import { misspelledOptions } from "../../../src/options/misspelled.js";

/** Returns the warnings when the user has set only these names. */
function warningsOf(...names: string[]): string[] {
  return misspelledOptions(optionNames, (candidates) => candidates.filter((name) => names.includes(name))).map(({ message }) => message);
}

it.each([
  ["partition-key", "partition_key"],
  ["partitionkey", "partition_key"],
  ["partiton_key", "partition_key"],
  ["partition_keys", "partition_key"],
  ["data_key", "data_keys"],
  ["loog_key", "log_key"],
  ["rgeion", "region"],
  ["compresion", "compression"],
  ["experimental_concurency", "experimental_concurrency"],
  ["concurrent-requests", "concurrent_requests"],
  ["concurent_requests", "concurrent_requests"],
  ["drain_timeot", "drain_timeout"],
  ["stream_name", "stream"],
  ["simple-aggregation", "simple_aggregation"],
])("'%s' leads to a warning that suggests '%s'", (name, option) => {
  expect(warningsOf(name)).toEqual([`'${name}' is not an option of this plugin and has no effect; did you mean '${option}'?`]);
});

it("an option of kinesis_streams without a counterpart leads to a warning", () => {
  expect(warningsOf("auto_retry_requests")).toEqual([expect.stringMatching(/^'auto_retry_requests' has no effect here: .*retry_timeout/)]);
});

it("every option of kinesis_streams exists here, or leads to a warning with the alternative", () => {
  // Source: Fluent Bit 5.1.1, plugins/out_kinesis_streams/kinesis.c, config_map.
  const own = ["region", "stream", "time_key", "time_key_format", "role_arn", "endpoint", "sts_endpoint", "external_id", "log_key",
    "auto_retry_requests", "profile", "simple_aggregation", "compression"];
  const known: readonly string[] = optionNames;
  expect(own.filter((name) => !known.includes(name))).toEqual(["auto_retry_requests"]);
  expect(warningsOf(...own)).toEqual([expect.stringMatching(/'retry_timeout 0' only Fluent Bit retries$/)]);
});

it("each of several wrong names leads to a warning", () => {
  expect(warningsOf("log-key", "data-keys")).toHaveLength(2);
});

it("no valid option, and no option of Fluent Bit itself, counts as a wrong name", () => {
  const hosts = ["match", "match_regex", "retry_limit", "workers", "alias", "log_level", "host", "port", "tls", "name", "storage.total_limit_size"];
  misspelledOptions(optionNames, (candidates) => {
    expect(candidates.filter((name) => [...optionNames, ...hosts].includes(name))).toEqual([]);
    expect(new Set(candidates).size).toBe(candidates.length);
    return [];
  });
});

it("valid options lead to no warning", () => {
  expect(warningsOf(...optionNames)).toEqual([]);
});
