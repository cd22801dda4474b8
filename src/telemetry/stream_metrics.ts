/** Counts each stream that records choose in series of its own, as far as their number is bounded. */
import type { GatheredMetrics, Metrics } from "./metrics.js";

/** Streams with series of their own. Each has some 35, with the buckets of its histogram. */
export const maxLabels = 100;
/** The label of all further streams. No stream is called so. */
export const otherStreams = "(other)";

/** The metrics of the streams of one output. */
export class StreamMetrics {
  readonly #metrics: GatheredMetrics;
  readonly #addSeries: (stream: string) => number;
  readonly #streams = new Map<string, Metrics>();
  readonly #other: Metrics;

  /**
   * Makes the series of all further streams at once: after the init, Fluent Bit may not take any.
   * @param metrics of the output
   * @param addSeries makes series like those of the output's own stream with another name of a stream, and returns the number of
   *   the first; 0 where it cannot
   */
  constructor(metrics: GatheredMetrics, addSeries: (stream: string) => number) {
    this.#metrics = metrics;
    this.#addSeries = addSeries;
    // Their limits of requests have no common number.
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
