// The series of streams chosen by records: one set for each of the first streams, and one set for all others.
import { describe, expect, it } from "vitest";
import { GatheredMetrics, metricDefinitions } from "../../../src/telemetry/metrics.js";
import { maxLabels, otherStreams, StreamMetrics } from "../../../src/telemetry/stream_metrics.js";

const seriesOfOne = metricDefinitions("kinesis.0", "own").flatMap(({ series }) => series).length;
const sentRecords = 0;
const concurrency = metricDefinitions("kinesis.0", "own").flatMap(({ name, series }) => series.map(() => name)).indexOf("concurrent_requests");

/** Returns metrics, the streams with own series, and the published values by stream and series. */
function setUp(canAdd: (stream: string) => boolean = () => true) {
  const added: string[] = [];
  const values: [stream: string, series: number, value: number][] = [];
  const metrics = new GatheredMetrics((pairs) => {
    for (let pair = 0; pair < pairs.length; pair += 2) {
      const position = pairs[pair] as number;
      const block = Math.floor(position / seriesOfOne);
      values.push([block === 0 ? "own" : (added[block - 1] ?? "none"), position % seriesOfOne, pairs[pair + 1] as number]);
    }
  }, () => undefined);
  const streams = new StreamMetrics(metrics, (stream) => (canAdd(stream) ? added.push(stream) * seriesOfOne : 0));
  return { metrics, streams, added, values };
}

describe("the streams of an output", () => {
  it("have separate series, published together with the output's own in one update", () => {
    const { metrics, streams, added, values } = setUp();
    streams.of("a").add("sent_records_total", 3);
    streams.of("b").add("sent_records_total", 4);
    streams.of("a").add("sent_records_total", 5);
    metrics.add("sent_records_total", 1);
    metrics.publish();
    expect(added).toEqual([otherStreams, "a", "b"]);
    expect(values).toEqual([["own", sentRecords, 1], ["a", sentRecords, 8], ["b", sentRecords, 4]]);
    metrics.publish();
    expect(values).toHaveLength(3);
  });

  it.each([99, 100, 101, 500])("of %i the first hundred have separate series, and the others share one label", (count) => {
    const { metrics, streams, added, values } = setUp();
    for (let stream = 0; stream < count; stream++) streams.of(`s${stream}`).add("sent_records_total", 1);
    for (let stream = 0; stream < count; stream++) streams.of(`s${stream}`).add("sent_records_total", 1);
    metrics.publish();
    expect(maxLabels).toBe(100);
    expect(added).toHaveLength(1 + Math.min(count, 100));
    const others = values.find(([stream]) => stream === otherStreams);
    expect(others?.[2] ?? 0).toBe(2 * Math.max(0, count - 100));
    expect(values.filter(([stream, , value]) => stream !== otherStreams && value === 2)).toHaveLength(Math.min(count, 100));
  });

  it("share the label made at the start when Fluent Bit accepts no further series", () => {
    const { metrics, streams, values } = setUp((stream) => stream === otherStreams);
    for (const stream of ["a", "b"]) streams.of(stream).add("sent_records_total", 1);
    metrics.publish();
    expect(values).toEqual([[otherStreams, sentRecords, 2]]);
  });

  it("count for the output's own stream when Fluent Bit accepts no series", () => {
    const { metrics, streams, values } = setUp(() => false);
    streams.of("a").add("sent_records_total", 1);
    metrics.publish();
    expect(values).toEqual([["own", sentRecords, 1]]);
  });

  it("that share a label publish no request limit", () => {
    const { metrics, streams, values } = setUp((stream) => stream === otherStreams || stream === "a");
    for (const stream of ["a", "b"]) streams.of(stream).concurrency(7);
    metrics.publish();
    expect(values).toEqual([["a", concurrency, 7]]);
  });

  it("have separate gauges and durations", () => {
    const { metrics, streams, values } = setUp();
    streams.of("a").requestStarted();
    streams.of("a").publish();
    streams.of("b").requestStarted();
    streams.of("b").requestEnded(0.5);
    metrics.publish();
    expect(values).toEqual([["a", concurrency - 1, 1], ["b", concurrency + 1, 0.5]]);
  });
});

it("the label of the other streams is not a valid stream name", () => {
  expect(otherStreams).not.toMatch(/^[\w.-]{1,128}$/u);
});
