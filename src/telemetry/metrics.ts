/** What is counted in Fluent Bit's metrics, under fluentbit_kinesis_ and these names, for each output and stream. */

/** A metric as the shim makes it; the numbers of native/fluent_bit/host_metrics.h. */
export interface MetricDefinition {
  readonly kind: (typeof metricKinds)[keyof typeof metricKinds];
  readonly name: string;
  readonly help: string;
  readonly labelKeys: readonly string[];
  /** Label values of each series; the series are numbered over all definitions. */
  readonly series: readonly (readonly string[])[];
  /** Upper bounds of a histogram's buckets. */
  readonly bounds: readonly number[];
}

/** The numbers of MetricKind in native/fluent_bit/host_metrics.h. */
export const metricKinds = { counter: 0, gauge: 1, histogram: 2 } as const;

interface Counter {
  readonly name: string;
  readonly help: string;
  readonly label?: string;
  readonly values?: readonly string[];
  /** More for the documents, in Markdown. */
  readonly notes?: string;
}

const counters = [
  { name: "sent_records_total", help: "Records of Fluent Bit that Kinesis took." },
  { name: "sent_entries_total", help: "Kinesis records that Kinesis took; an aggregated one holds several records.", notes: "`sent_records_total` by this is the number of records in an aggregate" },
  { name: "sent_bytes_total", help: "Data and partition keys of the Kinesis records that Kinesis took." },
  {
    name: "failed_entries_total",
    help: "Kinesis records that an answered request did not take, at each attempt.",
    label: "reason",
    values: ["throttled", "other"],
    notes: "`reason` is `throttled` or `other`",
  },
  {
    name: "requests_total",
    help: "PutRecords requests, by their outcome.",
    label: "outcome",
    values: ["answered", "throttled", "transient", "setup", "content"],
    notes:
      "`outcome` is `answered`, or for the whole request `throttled`, `transient` (it may pass by itself), `setup` (permissions, the stream, the network's set-up) " +
      "or `content` (refused for what is in it)",
  },
  { name: "retry_rounds_total", help: "Times that the plugin itself retried the rest of a chunk." },
  { name: "flush_retries_total", help: "Flushes with the reply retry.", notes: "Fluent Bit brings these chunks again" },
  {
    name: "dropped_records_total",
    help: "Records that are lost, by the reason.",
    label: "reason",
    values: ["not_an_event", "no_log_key", "empty", "no_json", "too_large", "refused"],
    notes: "`reason` is `not_an_event`, `no_log_key`, `empty`, `no_json` (NaN, too deep, or an odd key), `too_large`, `refused` (by Kinesis)",
  },
  {
    name: "dead_letter_records_total",
    help: "Dropped records, by whether they are in dead_letter_file.",
    label: "outcome",
    values: ["written", "lost"],
    notes: "`outcome` is `written` or `lost`; without the option both stay at zero",
  },
  { name: "truncated_records_total", help: "Records that were cut to the size limit." },
  { name: "uncompressed_bytes_total", help: "Records before compression." },
  { name: "compressed_bytes_total", help: "The same records after compression.", notes: "`uncompressed_bytes_total` by this is the ratio" },
] as const satisfies readonly Counter[];

type SeriesOf<C> = C extends { readonly name: infer Name extends string; readonly values: readonly (infer Value extends string)[] }
  ? `${Name}:${Value}`
  : C extends { readonly name: infer Name extends string }
    ? Name
    : never;

/** A counter, such as "sent_records_total" or, with its label's value, "dropped_records_total:empty". */
export type CounterSeries = SeriesOf<(typeof counters)[number]>;

const inFlight = { name: "requests_in_flight", help: "PutRecords requests that wait for their response." };
const concurrency = {
  name: "concurrent_requests",
  help: "PutRecords requests that may be under way at once; falls while the service throttles.",
  notes: "The option `concurrent_requests`, or less",
};
const duration = {
  name: "request_duration_seconds",
  help: "Time from a PutRecords request to its response or failure.",
  notes:
    "5 ms to 60 s. Before Fluent Bit 4.2.2, whose histograms are unsound, two counters: `request_duration_seconds_sum` and `request_duration_seconds_count`",
};
/** Seconds. A request usually takes 10 to 50 ms; one that is given up can take a minute and more. */
const durationBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** All metrics, for the documents. */
export const metricTable: readonly { readonly name: string; readonly kind: keyof typeof metricKinds; readonly help: string; readonly notes?: string }[] = [
  ...counters.map((counter: Counter) => ({ kind: "counter" as const, ...counter })),
  { kind: "gauge", ...inFlight },
  { kind: "gauge", ...concurrency },
  { kind: "histogram", ...duration },
];

const counterSeries = counters.flatMap((counter: Counter) =>
  (counter.values ?? [undefined]).map((value) => (value === undefined ? counter.name : `${counter.name}:${value}`)),
);
const positions: ReadonlyMap<string, number> = new Map(counterSeries.map((series, position) => [series, position]));
const inFlightPosition = counterSeries.length;
const concurrencyPosition = inFlightPosition + 1;
const durationPosition = concurrencyPosition + 1;

/** The label that names the stream, which further series of a metric differ in. */
export const streamLabel = "stream";

/** All metrics of one output instance. @param name of the output in Fluent Bit, its alias where it has one */
export function metricDefinitions(name: string, stream: string): MetricDefinition[] {
  const labelKeys = ["name", streamLabel];
  const labels = [name, stream];
  const single = { labelKeys, series: [labels], bounds: [] };
  return [
    ...counters.map(({ name: metric, help, label, values }: Counter) => ({
      kind: metricKinds.counter,
      name: metric,
      help,
      labelKeys: label === undefined ? labelKeys : [...labelKeys, label],
      series: values === undefined ? [labels] : values.map((value) => [...labels, value]),
      bounds: [],
    })),
    { kind: metricKinds.gauge, name: inFlight.name, help: inFlight.help, ...single },
    { kind: metricKinds.gauge, name: concurrency.name, help: concurrency.help, ...single },
    // A counter of the sum and one of the number in a Fluent Bit whose histograms are unsound (native/fluent_bit/host_version.h).
    { kind: metricKinds.histogram, name: duration.name, help: duration.help, ...single, bounds: durationBounds },
  ];
}

/** Takes what is counted in one output instance. */
export interface Metrics {
  /** Counts so many more in a series. */
  add(series: CounterSeries, count: number): void;
  /** A request is under way. */
  requestStarted(): void;
  /** It has been answered, or has failed, after so long. */
  requestEnded(seconds: number): void;
  /** This many requests may be under way at once. */
  concurrency(limit: number): void;
  /** Passes on what was gathered, at the end of a flush, and when requests start; each time costs a call of the shim. */
  publish(): void;
}

/** Where Fluent Bit has no metrics. */
export const noMetrics: Metrics = {
  add: () => undefined,
  requestStarted: () => undefined,
  requestEnded: () => undefined,
  concurrency: () => undefined,
  publish: () => undefined,
};

/** Gathers the counts of an output until they are published. */
export class GatheredMetrics implements Metrics {
  readonly #update: (pairs: Float64Array) => void;
  readonly #soon: (publish: () => void) => void;
  /** The counts of the output's own stream, and of others. */
  readonly #all: GatheredSeries[] = [];
  readonly #own: GatheredSeries;
  #isDue = false;

  /**
   * @param update takes pairs of a series' number and a value, see Binding.updateMetrics
   * @param soon calls a function after what runs now
   */
  constructor(update: (pairs: Float64Array) => void, soon: (publish: () => void) => void = queueMicrotask) {
    this.#update = update;
    this.#soon = soon;
    this.#own = this.open(0);
  }

  /** Returns the counts of another stream, whose series are numbered from `first` on. They are published with the others. */
  open(first: number): GatheredSeries {
    const series = new GatheredSeries(first, this);
    this.#all.push(series);
    return series;
  }

  /** Passed on by the next publish(). */
  add(series: CounterSeries, count: number): void {
    this.#own.add(series, count);
  }

  requestStarted(): void {
    this.#own.requestStarted();
  }

  /** Passed on by the next publish(). */
  requestEnded(seconds: number): void {
    this.#own.requestEnded(seconds);
  }

  /** Passed on by the next publish(). */
  concurrency(limit: number): void {
    this.#own.concurrency(limit);
  }

  /** Publishes soon, so that gauges show requests that hang; once for all requests that start together. */
  publishSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    this.#soon(() => {
      this.#isDue = false;
      this.publish();
    });
  }

  publish(): void {
    const pairs: number[] = [];
    for (const series of this.#all) series.takeTo(pairs);
    if (pairs.length > 0) this.#update(Float64Array.from(pairs));
  }
}

/** Gathers the counts of one stream. */
class GatheredSeries implements Metrics {
  readonly #first: number;
  readonly #metrics: GatheredMetrics;
  readonly #counts = new Map<number, number>();
  #durations: number[] = [];
  #inFlight = 0;
  #publishedInFlight = 0;
  #concurrency: number | undefined;
  #publishedConcurrency: number | undefined;

  constructor(first: number, metrics: GatheredMetrics) {
    this.#first = first;
    this.#metrics = metrics;
  }

  add(series: CounterSeries, count: number): void {
    const position = positions.get(series);
    if (position === undefined || count === 0) return;
    this.#counts.set(position, (this.#counts.get(position) ?? 0) + count);
  }

  requestStarted(): void {
    this.#inFlight++;
    this.#metrics.publishSoon();
  }

  requestEnded(seconds: number): void {
    this.#inFlight--;
    this.#durations.push(seconds);
  }

  concurrency(limit: number): void {
    this.#concurrency = limit;
  }

  publish(): void {
    this.#metrics.publish();
  }

  /** Appends what changed since the last time: the numbers of series, each with a value. */
  takeTo(pairs: number[]): void {
    const first = this.#first;
    for (const [position, count] of this.#counts) pairs.push(first + position, count);
    if (this.#inFlight !== this.#publishedInFlight) pairs.push(first + inFlightPosition, this.#inFlight);
    if (this.#concurrency !== undefined && this.#concurrency !== this.#publishedConcurrency) {
      pairs.push(first + concurrencyPosition, this.#concurrency);
    }
    for (const seconds of this.#durations) pairs.push(first + durationPosition, seconds);
    if (this.#counts.size > 0) this.#counts.clear();
    if (this.#durations.length > 0) this.#durations = [];
    this.#publishedInFlight = this.#inFlight;
    this.#publishedConcurrency = this.#concurrency;
  }
}
