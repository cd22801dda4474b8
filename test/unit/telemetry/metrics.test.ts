// The names and labels of the metrics, and the gathering of counts until they are published.
import { describe, expect, it } from "vitest";
import { GatheredMetrics, metricDefinitions, metricKinds } from "../../../src/telemetry/metrics.js";

const definitions = metricDefinitions("kinesis.0", "logs");
const series = definitions.flatMap(({ name, labelKeys, series: all }) =>
  all.map((values) => `${name}{${labelKeys.map((key, index) => `${key}=${values[index] ?? ""}`).join(",")}}`),
);

/** Returns metrics, and the series and values of each update. */
function gather(soon?: (publish: () => void) => void): { readonly metrics: GatheredMetrics; readonly updates: (readonly [string, number])[][] } {
  const updates: (readonly [string, number])[][] = [];
  const metrics = new GatheredMetrics((pairs) => {
    const update: (readonly [string, number])[] = [];
    for (let pair = 0; pair < pairs.length; pair += 2) {
      update.push([series[pairs[pair] ?? -1] ?? "none", pairs[pair + 1] ?? Number.NaN]);
    }
    updates.push(update);
  }, soon);
  return { metrics, updates };
}

const labels = "name=kinesis.0,stream=logs";

describe("the definitions", () => {
  it("have names that follow Prometheus's conventions, each once", () => {
    for (const { kind, name, help } of definitions) {
      expect(name).toMatch(/^[a-z]+(_[a-z]+)+$/);
      expect(name.endsWith("_total")).toBe(kind === metricKinds.counter);
      expect(help).toMatch(/^[A-Z].*\.$/);
    }
    expect(new Set(definitions.map(({ name }) => name)).size).toBe(definitions.length);
  });

  it("label each series by output and stream, and by a reason from a closed set", () => {
    expect(new Set(series).size).toBe(series.length);
    for (const text of series) expect(text).toContain(`{${labels}`);
    expect(series).toContain(`dropped_records_total{${labels},reason=no_log_key}`);
    for (const { labelKeys, series: all } of definitions) {
      for (const values of all) expect(values).toHaveLength(labelKeys.length);
    }
  });

  it("have ascending bounds only for the histogram", () => {
    for (const { kind, bounds } of definitions) {
      expect(bounds.length > 0).toBe(kind === metricKinds.histogram);
      expect([...bounds].sort((one, other) => one - other)).toEqual(bounds);
    }
  });
});

describe("gathered metrics", () => {
  it("are published as sums, once", () => {
    const { metrics, updates } = gather();
    metrics.add("sent_records_total", 3);
    metrics.add("dropped_records_total:no_log_key", 1);
    metrics.add("sent_records_total", 4);
    metrics.add("sent_bytes_total", 0);
    expect(updates).toEqual([]);
    metrics.publish();
    metrics.publish();
    expect(updates).toEqual([
      [
        [`sent_records_total{${labels}}`, 7],
        [`dropped_records_total{${labels},reason=no_log_key}`, 1],
      ],
    ]);
  });

  it("go to the series of the same name, for every counter", () => {
    const { metrics, updates } = gather();
    metrics.add("failed_entries_total:other", 1);
    metrics.add("requests_total:content", 2);
    metrics.add("dropped_records_total:refused", 3);
    metrics.add("compressed_bytes_total", 4);
    metrics.publish();
    expect(updates.flat()).toEqual([
      [`failed_entries_total{${labels},reason=other}`, 1],
      [`requests_total{${labels},outcome=content}`, 2],
      [`dropped_records_total{${labels},reason=refused}`, 3],
      [`compressed_bytes_total{${labels}}`, 4],
    ]);
  });

  it("show a request in flight, and its duration when it has ended", async () => {
    const { metrics, updates } = gather();
    metrics.requestStarted();
    await Promise.resolve();
    metrics.requestStarted();
    await Promise.resolve();
    expect(updates).toEqual([[[`requests_in_flight{${labels}}`, 1]], [[`requests_in_flight{${labels}}`, 2]]]);
    metrics.requestEnded(0.25);
    metrics.requestEnded(0.5);
    await Promise.resolve();
    metrics.publish();
    expect(updates[2]).toEqual([
      [`requests_in_flight{${labels}}`, 0],
      [`request_duration_seconds{${labels}}`, 0.25],
      [`request_duration_seconds{${labels}}`, 0.5],
    ]);
    metrics.publish();
    expect(updates).toHaveLength(3);
  });

  it("show requests that start together in one update after the current task", () => {
    const due: (() => void)[] = [];
    const { metrics, updates } = gather((publish) => due.push(publish));
    for (let request = 0; request < 8; request++) metrics.requestStarted();
    expect(updates).toEqual([]);
    expect(due).toHaveLength(1);
    due[0]?.();
    expect(updates).toEqual([[[`requests_in_flight{${labels}}`, 8]]]);
    metrics.requestStarted();
    expect(due).toHaveLength(2);
    metrics.publish();
    due[1]?.();
    expect(updates, "values published meanwhile are not published again").toHaveLength(2);
  });

  it("show the limit of requests in the next update after a change", () => {
    const { metrics, updates } = gather();
    metrics.concurrency(8);
    metrics.concurrency(4);
    expect(updates).toEqual([]);
    metrics.publish();
    metrics.concurrency(8);
    metrics.concurrency(4);
    metrics.publish();
    metrics.concurrency(5);
    metrics.add("sent_records_total", 1);
    metrics.publish();
    expect(updates).toEqual([
      [[`concurrent_requests{${labels}}`, 4]],
      [
        [`sent_records_total{${labels}}`, 1],
        [`concurrent_requests{${labels}}`, 5],
      ],
    ]);
  });
});
