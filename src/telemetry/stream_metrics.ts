/** Counts each stream chosen by records in separate metric series, for a bounded number of streams. */
import type { GatheredMetrics, Metrics } from "./metrics.js";

/** Maximum streams with separate series. Each stream takes about 35 series, with the buckets of its histogram. */
export const maxLabels = 100;
/** Label value for all further streams; not a valid stream name. */
export const otherStreams = "(other)";

/** The metrics of the streams of one output. */
export class StreamMetrics {
  readonly #metrics: GatheredMetrics;
  readonly #addSeries: (stream: string) => number;
  readonly #streams = new Map<string, Metrics>();
  readonly #other: Metrics;

  /**
   * Creates the series of `otherStreams` immediately: after the init, Fluent Bit may reject new series.
   * @param metrics the metrics of the output
   * @param addSeries copies the series of the output's own stream for another stream, and returns the number of the first new
   *   series, or 0 on failure
   */
  constructor(metrics: GatheredMetrics, addSeries: (stream: string) => number) {
    this.#metrics = metrics;
    this.#addSeries = addSeries;
    // Each further stream has its own request limit, so there is no common value.
    this.#other = withoutConcurrency(this.#open(otherStreams) ?? metrics);
  }

  /** Returns the metrics of a stream. */
  of(stream: string): Metrics {
    const known = this.#streams.get(stream);
    if (known !== undefined) return known;
    const own = this.#streams.size < maxLabels ? this.#open(stream) : undefined;
    if (own !== undefined) this.#streams.set(stream, own);
    return own ?? this.#other;
  }

  #open(stream: string): Metrics | undefined {
    const first = this.#addSeries(stream);
    return first === 0 ? undefined : this.#metrics.open(first);
  }
}

function withoutConcurrency(metrics: Metrics): Metrics {
  return {
    add: (series, count) => metrics.add(series, count),
    requestStarted: () => metrics.requestStarted(),
    requestEnded: (seconds) => metrics.requestEnded(seconds),
    concurrency: () => undefined,
    publish: () => metrics.publish(),
  };
}
