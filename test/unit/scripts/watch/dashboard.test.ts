/** Tests the output for two readings of Fluent Bit's metrics, and the parser of metrics. */
import { describe, expect, it } from "vitest";
import { readArguments } from "../../../../scripts/watch/arguments.js";
import { UsageError } from "../../../../scripts/command_line.js";
import { dashboard, type Look } from "../../../../scripts/watch/dashboard.js";
import { readExposition } from "../../../../scripts/watch/exposition.js";

const labels = 'name="kinesis.0",stream="logs"';
/** Metrics of one output at one time. */
function look(atMs: number, values: Readonly<Record<string, number>>): Look {
  const text = Object.entries(values).map(([series, value]) => {
    const [name = "", more = ""] = series.split("|");
    return `fluentbit_kinesis_${name}{${labels}${more === "" ? "" : `,${more}`}} ${value}\n`;
  });
  return { atMs, series: readExposition(text.join("")) };
}

const first = look(0, { sent_records_total: 1000, sent_bytes_total: 1e6, requests_in_flight: 0, concurrent_requests: 10 });
const busy = look(2000, {
  sent_records_total: 3000,
  sent_bytes_total: 5e6,
  requests_in_flight: 3,
  concurrent_requests: 10,
  'requests_total|outcome="answered"': 40,
  'requests_total|outcome="transient"': 4,
  request_duration_seconds_sum: 2,
  request_duration_seconds_count: 100,
  'request_duration_seconds_bucket|le="0.025"': 90,
  'request_duration_seconds_bucket|le="0.05"': 99,
  'request_duration_seconds_bucket|le="+Inf"': 100,
  'failed_entries_total|reason="throttled"': 7,
  'failed_entries_total|reason="other"': 1000,
  retry_rounds_total: 1,
  flush_retries_total: 5,
  'dropped_records_total|reason="empty"': 2,
  'dropped_records_total|reason="no_json"': 3,
});

describe("the dashboard", () => {
  it("shows the changes in the second between two readings", () => {
    expect(dashboard(first, busy)).toBe(`kinesis.0 -> logs
  records    1,000/s, 2 MB/s; 3,000 in all
  requests   3 in flight of 10; 22/s, 2/s failed
  latency    20 ms on average, 99 % below 50 ms
  throttled  3.5/s records; 7 in all
  retries    0.5/s by the plugin, 2.5/s by Fluent Bit
  dropped    5 records in all
`);
  });

  it("shows only totals for the first reading", () => {
    const text = dashboard(undefined, busy);
    expect(text).toContain("  records    -/s, - MB/s; 3,000 in all\n");
    expect(text).toContain("  latency    no request ended\n");
  });

  it("counts from zero after a hot reload", () => {
    const reloaded = look(4000, { sent_records_total: 500, sent_bytes_total: 0 });
    expect(dashboard(busy, reloaded)).toContain("records    250/s");
  });

  it("shows only the average where Fluent Bit has no buckets", () => {
    const old = look(2000, { sent_records_total: 1, request_duration_seconds_sum: 0.5, request_duration_seconds_count: 100 });
    expect(dashboard(look(0, { sent_records_total: 1 }), old)).toContain("  latency    5 ms on average\n");
  });

  it("has a block for each output, and reports when there is none", () => {
    const two = { atMs: 0, series: [...first.series, ...readExposition('fluentbit_kinesis_sent_records_total{name="b\\"\\u001b[2J",stream="other"} 1\n'.replace("\\u001b", "\u001b"))] };
    const text = dashboard(undefined, two);
    expect(text.split("\n\n")).toHaveLength(2);
    expect(text).toContain('b"\\x1b[2J -> other\n');
    expect(dashboard(undefined, { atMs: 0, series: [] })).toMatch(/^There is no kinesis output/u);
  });
});

describe("metrics", () => {
  it("are read with labels, escapes, times and infinity; comments and malformed lines are skipped", () => {
    const text = '# HELP a b\na 1\nb{x="1,2",y="a\\\\b\\"c\\nd}"} 2.5e3 1700000000\nc{le="+Inf"} +Inf\nno number\n{x="1"} 3\n';
    expect(readExposition(text)).toEqual([
      { name: "a", labels: {}, value: 1 },
      { name: "b", labels: { x: "1,2", y: 'a\\b"c\nd}' }, value: 2500 },
      { name: "c", labels: { le: "+Inf" }, value: Number.POSITIVE_INFINITY },
      { name: "no", labels: {}, value: Number.NaN },
    ]);
  });
});

describe("the arguments", () => {
  const read = (...args: string[]) => readArguments(args, "kinesis-watch");
  it.each([
    [[], "http://127.0.0.1:2020/api/v2/metrics/prometheus"],
    [["http://127.0.0.1:2021"], "http://127.0.0.1:2021/api/v2/metrics/prometheus"],
    [["localhost:2020"], "http://localhost:2020/api/v2/metrics/prometheus"],
    [["https://proxy/fluent-bit/metrics"], "https://proxy/fluent-bit/metrics"],
  ])("%j mean %s", (args, url) => {
    expect(read(...args)).toMatchObject({ url: new URL(url), intervalMs: 2000, count: undefined });
  });

  it("set the interval and the number of updates", () => {
    expect(read("--interval=10", "--count", "3")).toMatchObject({ intervalMs: 10_000, count: 3 });
    expect(read("--int", "3600")).toMatchObject({ intervalMs: 3_600_000 });
  });

  it.each([
    [["--interval", "0"], "--interval '0'"],
    [["--interval", "3601"], "from 1 to 3600"],
    [["--count", "x"], "--count 'x'"],
    [["ftp://x"], "'ftp://x' is not an address"],
    [["http://"], "is not an address"],
    [["a:1", "b:1"], "'b:1' belongs to no option"],
    [["--intervall", "1"], "did you mean --interval?"],
  ])("%j are rejected: %s", (args, message) => {
    expect(() => read(...args)).toThrow(UsageError);
    expect(() => read(...args)).toThrow(message);
  });
});
