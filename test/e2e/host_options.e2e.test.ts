// Tests that the plugin rejects invalid option values at the start, and names the option and the value.
import { expect, it, vi } from "vitest";
import type { Environment } from "../support/environment.js";
import { REGION } from "../support/kinesis_local.js";
import { FLB_ERROR, FLB_OK, type Options } from "../support/plugin_host.js";
import { useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const streams = useStreams();
const WORD_END = "(?![a-z0-9])";

/** Matches a line with all the words; blanks may stand for the underscores in a name. */
function lineWith(...words: string[]): RegExp {
  const escaped = words.map((word) => word.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&").replaceAll("_", "[_ ]"));
  return new RegExp(`^${escaped.map((word) => `(?=.*${word}${WORD_END})`).join("")}.+$`, "im");
}

const wrong: [option: string, value: string, others?: Options][] = [
  ["partition_key", "log"],
  ["compression", "brotli"],
  ["experimental_concurrency", "11"],
  ["experimental_concurrency", "-1"],
  ["experimental_concurrency", "x"],
  ["experimental_concurrency_retries", "x"],
  ["http_request_timeout", "x"],
  ["http_request_timeout", "-1"],
  ["aggregation_maximum_record_size", "0", { aggregation: "true" }],
  ["aggregation_maximum_record_size", "x", { aggregation: "true" }],
  ["skip_aggregation_record_size", "x", { aggregation: "true" }],
  ["request_format", "xml"],
  ["endpoint", "not a url"],
];

it.each(wrong)("the plugin rejects %s=%s", async (option, value, others = {}) => {
  const host = await streams.host();
  const { code } = await host.init({ ...streams.options("any"), ...others, [option]: value });
  expect(code).toBe(FLB_ERROR);
  await host.waitForMessage(lineWith("level=error", option, value));
  expect((await host.end()).status).toBe(0);
});

it("the plugin rejects a time_key_format with an unknown letter", async () => {
  const host = await streams.host();
  const { code } = await host.init({ ...streams.options("any"), time_key: "at", time_key_format: "%Y %Q" });
  expect(code).toBe(FLB_ERROR);
  await host.waitForMessage(lineWith("level=error", "time_key_format", "%Q"));
});

const incomplete: [missing: string, options: Options][] = [
  ["stream", { region: REGION }],
  ["region", { stream: "any" }],
];

it.each(incomplete)("the plugin does not start without %s", async (missing, options) => {
  const host = await streams.host();
  expect((await host.init(options)).code).toBe(FLB_ERROR);
  await host.waitForMessage(lineWith("level=error", `'${missing}' is not set`));
});

it("the plugin rejects SEND_FAILURE_TIMEOUT=abc", async () => {
  const host = await streams.host({ SEND_FAILURE_TIMEOUT: "abc" });
  expect((await host.init(streams.options("any"))).code).toBe(FLB_ERROR);
  await host.waitForMessage(lineWith("level=error", "SEND_FAILURE_TIMEOUT", "abc"));
});

const accepted: [name: string, environment: Environment][] = [
  ["debug", { FLB_LOG_LEVEL: "debug" }],
  ["Error", { FLB_LOG_LEVEL: "Error" }],
  ["SEND_FAILURE_TIMEOUT=5m30s", { SEND_FAILURE_TIMEOUT: "5m30s" }],
];

it.each(accepted)("the plugin accepts %s without a message", async (_, environment) => {
  const host = await streams.host(environment);
  expect((await host.init(streams.options("any"))).code).toBe(FLB_OK);
  expect((await host.end()).status).toBe(0);
  expect(host.problems).toEqual([]);
});

it("the plugin accepts FLB_LOG_LEVEL=loud with a warning", async () => {
  const host = await streams.host({ FLB_LOG_LEVEL: "loud" });
  expect((await host.init(streams.options("any"))).code).toBe(FLB_OK);
  await host.waitForMessage(lineWith("level=warning", "FLB_LOG_LEVEL", "loud"));
});

it("the plugin starts a valid instance after a rejected one", async () => {
  const host = await streams.host();
  expect((await host.init({ region: REGION })).code).toBe(FLB_ERROR);
  expect((await host.init(streams.options("any"))).code).toBe(FLB_OK);
  expect((await host.end()).status).toBe(0);
});

it("the plugin logs in one line the stream, the source of the credentials, and where Node runs", async () => {
  const host = await streams.host();
  expect((await host.init(streams.options("any", { role_arn: "arn:aws:iam::123456789012:role/logs" }))).code).toBe(FLB_OK);
  const line = await host.waitForMessage(/level=info msg=.*credentials: .*/);
  expect(line).toContain(`stream any, region ${REGION}, endpoint ${streams.kinesis.endpoint}; `);
  expect(line).toContain("credentials: the environment, then role arn:aws:iam::123456789012:role/logs; ");
  expect(line).toMatch(/version \d+\.\d+\.\d+; Node\.js v\d+\.\d+\.\d+ runs in (Fluent Bit's process|a separate process), from \S+/);
});

it("the plugin reports likely misspelled options, and starts", async () => {
  const host = await streams.host();
  const { code } = await host.init(streams.options("any", { "partition-key": "a", "Data_Key": "b", auto_retry_requests: "true" }));
  expect(code).toBe(FLB_OK);
  await host.waitForMessage(lineWith("level=warning", "'auto_retry_requests' has no effect here", "retry_timeout"));
  const renamed = host.problems.filter((line) => line.includes("did you mean"));
  expect(renamed.map((line) => /'([\w-]+)' is not an option.*did you mean '(\w+)'/.exec(line)?.slice(1)).sort()).toEqual([
    ["data_key", "data_keys"],
    ["partition-key", "partition_key"],
  ]);
});
