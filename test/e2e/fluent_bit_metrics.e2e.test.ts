// Tests the plugin's metrics at a real Fluent Bit's endpoint: while it sends, is throttled, and after a hot reload.
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { exampleText } from "../support/example_files.js";
import { FluentBit, type Section } from "../support/fluent_bit.js";
import { REGION } from "../support/kinesis_local.js";
import { ScrapedMetrics } from "../support/scraped_metrics.js";
import { ThrottlingService } from "../support/throttling_service.js";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const linesFrom = (first: number, count: number): string =>
  Array.from({ length: count }, (_, n) => `${first + n} ${"x".repeat(80)}\n`).join("");

describe.skipIf(!process.env["FLUENT_BIT"])("Fluent Bit's metrics", () => {
  let folder = "";
  let service: ThrottlingService;
  let metrics: ScrapedMetrics;
  const running: { destroy(): Promise<void> }[] = [];

  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), "metered-"));
    service = await ThrottlingService.start();
    metrics = await ScrapedMetrics.onFreePort();
    running.push(service);
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((one) => one.destroy()));
    rmSync(folder, { recursive: true, force: true });
  });

  const seriesOf = (name: string, output = "kinesis.0", more = ""): string =>
    `fluentbit_kinesis_${name}{name="${output}",stream="any"${more}}`;
  const throttled = seriesOf("failed_entries_total", "kinesis.0", ',reason="throttled"');
  const withoutLogKey = seriesOf("dropped_records_total", "kinesis.0", ',reason="no_log_key"');

  function tail(file: string): Section {
    return { name: "tail", properties: { path: file, db: `${file}.db`, read_from_head: "true", refresh_interval: "1" } };
  }

  function kinesis(others: Readonly<Record<string, string>> = {}): Section {
    const properties = { stream: "any", region: REGION, endpoint: service.endpoint, log_key: "log", retry_limit: "no_limits" };
    return { name: "kinesis", properties: { ...properties, ...others } };
  }

  function start(inputs: readonly Section[], outputs: readonly Section[]): FluentBit {
    const pipeline = { inputs, outputs, service: { ...metrics.service, "scheduler.base": "1", "scheduler.cap": "2" } };
    const fluentBit = FluentBit.fromConfiguration(pipeline, { extraArguments: ["-Y"] });
    running.push(fluentBit);
    return fluentBit;
  }

  it("start at zero, count throttling, retries, drops and each record once, and start again after a hot reload", async () => {
    const file = path.join(folder, "lines.txt");
    writeFileSync(file, "");
    const keyless: Section = { name: "dummy", properties: { dummy: '{"other":1}', samples: "3", rate: "50" } };
    const fluentBit = start([tail(file), keyless], [kinesis({ compression: "gzip" })]);
    const first = await metrics.until(withoutLogKey, (value) => value === 3);
    expect(first.get(seriesOf("sent_records_total"))).toBe(0);
    expect(first.get(seriesOf("request_duration_seconds_count"))).toBe(0);

    appendFileSync(file, linesFrom(0, 600));
    const retried = await metrics.until(seriesOf("flush_retries_total"), (value) => value > 0);
    expect(retried.get(throttled)).toBeGreaterThan(0);
    service.isThrottling = false;
    const sent = await metrics.until(seriesOf("sent_records_total"), (value) => value === 600);
    expect(service.received).toHaveLength(600);
    expect(sent.get(seriesOf("sent_entries_total"))).toBe(600);
    expect(sent.get(seriesOf("retry_rounds_total"))).toBeGreaterThan(0);
    expect(sent.get(withoutLogKey)).toBe(3);
    const bytes = service.received.reduce((sum, { data, partitionKey }) => sum + data.length + partitionKey.length, 0);
    expect(sent.get(seriesOf("sent_bytes_total"))).toBe(bytes);
    expect(sent.get(seriesOf("compressed_bytes_total"))).toBe(bytes - 600 * 8);
    expect(sent.get(seriesOf("uncompressed_bytes_total"))).toBe(linesFrom(0, 600).length - 600);
    const settled = await metrics.until(seriesOf("requests_in_flight"), (value) => value === 0);
    const names = new Set([...settled.keys()].map((series) => series.replace(/\{.*$/su, "")));
    const shown = exampleText("monitoring/dashboard.json").matchAll(/\b(fluentbit_\w+)\b/gu);
    for (const [, name = ""] of shown) {
      // Before 4.2.2 there is no histogram, and Fluent Bit counts given-up chunks only from the first one on.
      if (!name.endsWith("_bucket") && name !== "fluentbit_output_retries_failed_total") expect([...names], "the dashboard's metrics are scraped").toContain(name);
    }
    const answered = settled.get(seriesOf("requests_total", "kinesis.0", ',outcome="answered"'));
    expect(settled.get(seriesOf("request_duration_seconds_count"))).toBe(answered);

    fluentBit.signal("SIGHUP");
    await fluentBit.waitForLog(/\[reload\] successful reload done/);
    await metrics.until(seriesOf("sent_records_total"), (value) => value === 0);
    appendFileSync(file, linesFrom(600, 100));
    await metrics.until(seriesOf("sent_records_total"), (value) => value === 100);
    expect(service.received).toHaveLength(700);
    expect(await fluentBit.stop(), fluentBit.output).toEqual({ status: 0, signal: null });
  });

  it("distinguish outputs by their names, and allow two of the same name", async () => {
    service.isThrottling = false;
    const file = path.join(folder, "lines.txt");
    writeFileSync(file, linesFrom(0, 50));
    const outputs = [kinesis({ alias: "twin" }), kinesis({ alias: "twin" }), kinesis({ aggregation: "true", workers: "1" })];
    const fluentBit = start([tail(file)], outputs);
    const scrape = await metrics.until(seriesOf("sent_records_total", "kinesis.2"), (value) => value === 50);
    expect(scrape.get(seriesOf("sent_entries_total", "kinesis.2"))).toBe(1);
    expect(scrape.has(seriesOf("sent_records_total", "twin"))).toBe(true);
    expect(await fluentBit.stop(), fluentBit.output).toEqual({ status: 0, signal: null });
    expect(service.received).toHaveLength(101);
  });
});
