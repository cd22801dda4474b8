// Tests faults of the service under a real Fluent Bit, which retries chunks by its own rules: nothing lost, nothing doubled.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { FaultyKinesis } from "../support/faulty_kinesis.js";
import { FluentBit, type Section } from "../support/fluent_bit.js";
import type { Options } from "../support/plugin_host.js";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

interface FluentBitCase {
  readonly plan: string;
  /** The default is one retry. */
  readonly retryLimit: "default" | "5";
  readonly options?: Options;
  readonly losesResponses?: boolean;
  readonly refused?: number;
}

const key = { partition_key: "logkey" };
const inCbor = { request_format: "cbor" };
const aggregation = { ...key, aggregation: "true" };

const cases: readonly FluentBitCase[] = [
  { plan: "fail(0.3:InternalFailure)*6, ok", retryLimit: "default" },
  { plan: "throttle-all*1500ms, ok", retryLimit: "default" },
  { plan: "fail(0.5:InternalFailure)*1500ms, ok", retryLimit: "default", options: aggregation },
  { plan: "fail(0.5:InternalFailure)*1500ms, ok", retryLimit: "default", options: inCbor },
  { plan: "ok, no-cbor(400:SerializationException)", retryLimit: "default", options: inCbor },
  { plan: "reset-mid-response*3, ok", retryLimit: "default", losesResponses: true },
  { plan: "refuse(poison)", retryLimit: "default", refused: 3 },
  { plan: "ok*2, fail(0.5:InternalFailure)*5s, ok", retryLimit: "5" },
  { plan: "throttle-shard(1)*5s, ok", retryLimit: "5", options: key },
  { plan: "status(503)*3s, reset*2s, ok", retryLimit: "5" },
  { plan: "not-found*3s, ok", retryLimit: "5", options: { compression: "gzip" } },
];

const inputs = 3;
const linesEach = 800;
const longestWaitMs = 60_000;

if (process.env["FLUENT_BIT"] === undefined) {
  process.stdout.write("FLUENT_BIT is unset: faults are not tested inside Fluent Bit\n");
}

describe.skipIf(!process.env["FLUENT_BIT"])("faults inside Fluent Bit", () => {
  let folder = "";
  let files = 0;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), "faults-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** A file of records, the middle one of which a plan may reject; and their texts. */
  function newInput(name: string): { section: Section; texts: string[] } {
    const file = path.join(folder, `tailed-${files++}.txt`);
    const lines = Array.from({ length: linesEach }, (_, n) => `${name}${n}${n === 400 ? " poison" : ""} ${"x".repeat(80)}`);
    writeFileSync(file, lines.map((line) => `${line}\n`).join(""));
    const properties = { path: file, read_from_head: "true", buffer_max_size: "1M", tag: name, key: "logkey" };
    return { section: { name: "tail", properties }, texts: lines.map((line) => JSON.stringify({ logkey: line })) };
  }

  async function untilSettled(kinesis: FaultyKinesis, texts: readonly string[]): Promise<void> {
    const deadline = Date.now() + longestWaitMs;
    while (Date.now() < deadline && !texts.every((text) => kinesis.ledger.isSettled(text))) await sleep(100);
  }

  it.concurrent.each(cases)("$plan loses no record (Retry_Limit $retryLimit, $options)", async (fault) => {
    const kinesis = await FaultyKinesis.start(fault.plan, { seed: 11 });
    const made = Array.from({ length: inputs }, (_, n) => newInput(`input${n}.`));
    const texts = made.flatMap((input) => input.texts);
    const output: Section = {
      name: "kinesis",
      properties: {
        ...{ stream: "any", region: "us-east-1", endpoint: kinesis.endpoint, retry_timeout: "1" },
        ...(fault.retryLimit === "default" ? {} : { retry_limit: fault.retryLimit }),
        ...fault.options,
      },
    };
    const service = { "scheduler.base": "1", "scheduler.cap": "2" };
    const fluentBit = FluentBit.fromConfiguration({ inputs: made.map(({ section }) => section), outputs: [output], service });
    try {
      await untilSettled(kinesis, texts);
      expect(await fluentBit.stop(), fluentBit.output).toEqual({ status: 0, signal: null });
      const { refused, ...wrong } = kinesis.ledger.balance(texts);
      expect(refused).toHaveLength(fault.refused ?? 0);
      const accepted = fault.losesResponses === true ? { ...wrong, doubledUnavoidably: [] } : wrong;
      expect(accepted, fluentBit.output).toEqual({ lost: [], doubledAvoidably: [], doubledUnavoidably: [], unknown: [] });
    } finally {
      await fluentBit.destroy();
      await kinesis.destroy();
    }
  });
});
