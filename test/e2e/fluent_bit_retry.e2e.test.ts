// Tests chunks that a real Fluent Bit retries after a part was throttled: each line arrives once.
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { deaggregateAll } from "../support/deaggregate.js";
import { FluentBit } from "../support/fluent_bit.js";
import { REGION } from "../support/kinesis_local.js";
import { textOf } from "../support/stream_fixture.js";
import { ThrottlingService } from "../support/throttling_service.js";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const linesFrom = (first: number, count: number): string[] =>
  Array.from({ length: count }, (_, n) => `${first + n} ${"x".repeat(80)}`);
const asFile = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join("");
const byNumber = (one: string, other: string): number => Number.parseInt(one, 10) - Number.parseInt(other, 10);

describe.skipIf(!process.env["FLUENT_BIT"])("a partially throttled chunk", () => {
  let folder = "";
  const running: { destroy(): Promise<void> }[] = [];

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "retried-"));
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((one) => one.destroy()));
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([
    ["plain", {}],
    ["aggregated", { aggregation: "true", aggregation_maximum_record_size: "2048" }],
  ])("is completed by a retry, with new chunks in between (%s)", async (_, others) => {
    const service = await ThrottlingService.start();
    running.push(service);
    const lines = linesFrom(0, 900);
    const file = path.join(folder, "lines.txt");
    writeFileSync(file, asFile(lines.slice(0, 600)));
    const address = { stream: "any", region: REGION, endpoint: service.endpoint };
    const fluentBit = FluentBit.fromConfiguration({
      inputs: [{ name: "tail", properties: { path: file, read_from_head: "true", refresh_interval: "1" } }],
      outputs: [{ name: "kinesis", properties: { ...address, log_key: "log", retry_limit: "no_limits", ...others } }],
      service: { "scheduler.base": "1", "scheduler.cap": "2" },
    });
    running.push(fluentBit);

    await fluentBit.waitForLog(/failed to flush chunk/);
    const before = service.received.length;
    expect(before, "a part was taken").toBeGreaterThan(0);
    appendFileSync(file, asFile(lines.slice(600)));
    await fluentBit.waitForLogs(/failed to flush chunk/, 2);
    service.isThrottling = false;
    const found = (): string[] => deaggregateAll(service.received).map(textOf).sort(byNumber);
    await vi.waitUntil(() => new Set(found()).size === lines.length, { timeout: 120_000, interval: 200 });
    expect(await fluentBit.stop(), fluentBit.output).toEqual({ status: 0, signal: null });
    expect(found()).toEqual(lines);
  });
});
