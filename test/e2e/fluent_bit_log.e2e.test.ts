// Tests the plugin's messages in a real Fluent Bit's log: form, file, levels; FLB_LOG_LEVEL overrides all.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Environment } from "../support/environment.js";
import type { Section } from "../support/fluent_bit.js";
import type { Options } from "../support/plugin_host.js";
import { freePort } from "../support/kinesis_local.js";
import { useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const dummy: Section = { name: "dummy", properties: { dummy: '{"a":1}', samples: "1" } };
const startLine = "credentials: the environment";
const inItsForm = /^\[\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d(\.\d+)?\] \[ info\] \[output:kinesis:kinesis\.0\] stream \S+, region .*; credentials: the environment/mu;

describe.skipIf(!process.env["FLUENT_BIT"])("Fluent Bit's log", () => {
  const streams = useStreams();
  let folder = "";

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "logged-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Sends a record with each output, ends Fluent Bit, and returns its log: the file log_file if there is one. */
  async function logOf(outputs: readonly Options[], service: Options = {}, environment: Environment = {}) {
    const stream = await streams.newStream();
    const sections = outputs.map((options) => ({ name: "kinesis", properties: streams.options(stream, options) }));
    const fluentBit = streams.fluentBitWithFile({ inputs: [dummy], outputs: sections, service }, { environment });
    await streams.untilArrived(stream, outputs.length);
    expect(await fluentBit.stop(), fluentBit.output).toEqual({ status: 0, signal: null });
    const { log_file: file } = service;
    return { output: fluentBit.output, log: file === undefined ? fluentBit.output : readFileSync(file, "utf8") };
  }

  it("has messages in Fluent Bit's form, from level info on by default", async () => {
    const { log } = await logOf([{}]);
    expect(log).toMatch(inItsForm);
    expect(log).not.toContain("Flushing 1 entries");
    expect(log).not.toContain("level=info");
  });

  it("is the file that log_file names", async () => {
    const { log, output } = await logOf([{}], { log_file: path.join(folder, "fluent-bit.log") });
    expect(log).toMatch(inItsForm);
    expect(output).not.toContain(startLine);
  });

  it("has messages by the output's log_level, else the service's", async () => {
    const { log } = await logOf([{ log_level: "debug" }, { alias: "quiet" }], { log_level: "error" });
    expect(log).toMatch(/\[debug\] \[output:kinesis:kinesis\.0\] Flushing 1 entries with tag: dummy\.0/u);
    expect(log).not.toContain("kinesis:quiet");
  });

  it("has no messages when it is off", async () => {
    expect((await logOf([{}], { log_level: "off" })).log).not.toContain(startLine);
  });

  it("has the reason when SEND_FAILURE_TIMEOUT ends Fluent Bit", async () => {
    const file = path.join(folder, "fluent-bit.log");
    const input: Section = { name: "dummy", properties: { dummy: '{"a":1}' } };
    const properties = { ...streams.options("any", { retry_timeout: "0" }), endpoint: `http://127.0.0.1:${await freePort()}` };
    const settings = { environment: { SEND_FAILURE_TIMEOUT: "100ms" } };
    const fluentBit = streams.fluentBitWithFile({ inputs: [input], outputs: [{ name: "kinesis", properties }], service: { log_file: file } }, settings);
    expect(await fluentBit.ended()).toEqual({ status: 1, signal: null });
    expect(readFileSync(file, "utf8")).toMatch(/\[output:kinesis:kinesis\.0\] timeout threshold reached: Failed to send logs for 0\.1s\n.*Quitting Fluent Bit\n/u);
  });

  it("has the reason why an output does not start", async () => {
    const file = path.join(folder, "fluent-bit.log");
    const output: Section = { name: "kinesis", properties: { stream: "any", region: "us-west-2", compression: "brotli" } };
    const fluentBit = streams.fluentBitWithFile({ inputs: [dummy], outputs: [output], service: { log_file: file } });
    expect((await fluentBit.ended()).status).toBeGreaterThan(0);
    expect(readFileSync(file, "utf8")).toMatch(/\[error\] \[kinesis\] Failed to initialize plugin: .*brotli/u);
  });

  it("has the plugin's general messages when the output that was opened last is silent and others are not", async () => {
    const of = (others: Options): Section => ({ name: "kinesis", properties: { stream: "any", region: "us-west-2", ...others } });
    const outputs = [of({}), of({ log_level: "off", compression: "brotli" })];
    const fluentBit = streams.fluentBitWithFile({ inputs: [dummy], outputs });
    expect((await fluentBit.ended()).status).toBeGreaterThan(0);
    expect(fluentBit.output).toMatch(/\[error\] \[kinesis\] Failed to initialize plugin: .*brotli/u);
  });

  it("has no messages when FLB_LOG_LEVEL is set: they go to standard error in the Go plugin's form", async () => {
    const log_file = path.join(folder, "fluent-bit.log");
    const { log, output } = await logOf([{}], { log_file }, { FLB_LOG_LEVEL: "info" });
    expect(output).toMatch(/^time="[^"]+" level=info msg="\[kinesis 0\] stream \S+, region /mu);
    expect(log).not.toContain(startLine);
  });
});
