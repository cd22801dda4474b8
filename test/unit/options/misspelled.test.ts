// Which wrong names of options are noticed, and what is said of them.
import { expect, it } from "vitest";
import { optionNames } from "../../../src/options/table.js";
import { misspelledOptions } from "../../../src/options/misspelled.js";

/** What is said when the user has set just these. */
function saidOf(...names: string[]): string[] {
  return misspelledOptions(optionNames, (asked) => asked.filter((name) => names.includes(name))).map(({ message }) => message);
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
])("'%s' is taken for '%s'", (name, option) => {
  expect(saidOf(name)).toEqual([`'${name}' is not an option of this plugin and has no effect; did you mean '${option}'?`]);
});

it("an option of Fluent Bit's own output that has no counterpart is told so", () => {
  expect(saidOf("auto_retry_requests")).toEqual([expect.stringMatching(/^'auto_retry_requests' has no effect here: .*retry_timeout/)]);
});

it("every option of Fluent Bit's own output is one here, or told what to write instead", () => {
  // Source: Fluent Bit 5.1.1, plugins/out_kinesis_streams/kinesis.c, config_map.
  const own = ["region", "stream", "time_key", "time_key_format", "role_arn", "endpoint", "sts_endpoint", "external_id", "log_key",
    "auto_retry_requests", "profile", "simple_aggregation", "compression"];
  const known: readonly string[] = optionNames;
  expect(own.filter((name) => !known.includes(name))).toEqual(["auto_retry_requests"]);
  expect(saidOf(...own)).toEqual([expect.stringMatching(/'retry_timeout 0' only Fluent Bit retries$/)]);
});

it("several are told each", () => {
  expect(saidOf("log-key", "data-keys")).toHaveLength(2);
});

it("no option, nor one that Fluent Bit takes itself, is asked for as a wrong name", () => {
  const hosts = ["match", "match_regex", "retry_limit", "workers", "alias", "log_level", "host", "port", "tls", "name", "storage.total_limit_size"];
  misspelledOptions(optionNames, (asked) => {
    expect(asked.filter((name) => [...optionNames, ...hosts].includes(name))).toEqual([]);
    expect(new Set(asked).size).toBe(asked.length);
    return [];
  });
});

it("without any, nothing is said", () => {
  expect(saidOf(...optionNames)).toEqual([]);
});
