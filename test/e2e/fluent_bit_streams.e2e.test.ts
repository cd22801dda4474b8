// Tests a real Fluent Bit whose tags choose the streams: a missing stream does not delay others, and metrics name each.
import { describe, expect, it, vi } from "vitest";
import type { Section } from "../support/fluent_bit.js";
import { ScrapedMetrics } from "../support/scraped_metrics.js";
import { jsonOf, useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const streams = useStreams();
const samples = 20;

/** Lines with a tag that names the stream. */
function linesFor(stream: string): Section {
  return { name: "dummy", properties: { tag: `app.${stream}.log`, dummy: JSON.stringify({ log: stream }), samples: String(samples), rate: "20" } };
}

describe.skipIf(!process.env["FLUENT_BIT"])("Fluent Bit with stream_key", () => {
  it("delivers by tag to all existing streams, then to one that is created late, and has metrics by stream", async () => {
    const [own, first, second] = [await streams.newStream(), await streams.newStream(), await streams.newStream()];
    const late = `${own}-late`;
    const metrics = await ScrapedMetrics.onFreePort();
    const properties = { ...streams.options(own, { stream_key: "$TAG[1]" }), retry_limit: "no_limits" };
    const fluentBit = streams.fluentBitWithFile({
      inputs: [first, second, late].map(linesFor),
      outputs: [{ name: "kinesis", properties: { ...properties, match: "*" } }],
      service: { ...metrics.service, flush: "1", "scheduler.base": "1", "scheduler.cap": "2" },
    });
    for (const stream of [first, second]) {
      const received = await streams.untilArrived(stream, samples);
      expect(received.map((record) => jsonOf(record)["log"])).toEqual(Array.from({ length: samples }, () => stream));
    }
    const series = (name: string, stream: string, more = "") => `fluentbit_kinesis_${name}{name="kinesis.0",stream="${stream}"${more}}`;
    const refused = series("requests_total", late, ',outcome="setup"');
    const scrape = await metrics.until(refused, (value) => value > 0);
    for (const stream of [first, second]) expect((await metrics.until(series("sent_records_total", stream), (value) => value === samples)).size).toBeGreaterThan(0);
    expect(scrape.get(series("sent_records_total", own))).toBe(0);
    expect(scrape.get(series("sent_records_total", "(other)"))).toBe(0);
    await streams.kinesis.createStream(late);
    expect(await streams.untilArrived(late, samples)).toHaveLength(samples);
    await metrics.until(series("sent_records_total", late), (value) => value === samples);
    expect(await fluentBit.stop(), fluentBit.output).toEqual({ status: 0, signal: null });
    expect(await streams.kinesis.readAll(own)).toEqual([]);
  });
});
