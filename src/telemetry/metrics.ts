/** Defines the metrics (fluentbit_kinesis_*) of each output and stream, and gathers their values for Fluent Bit. */

/** A metric that the shim creates. */
export interface MetricDefinition {
  readonly kind: (typeof metricKinds)[keyof typeof metricKinds];
  readonly name: string;
  readonly help: string;
  readonly labelKeys: readonly string[];
  /** Label values of each series. Series are numbered consecutively across all definitions. */
  readonly series: readonly (readonly string[])[];
  /** Upper bounds of a histogram's buckets. */
  readonly bounds: readonly number[];
}

/** Metric kinds, numbered as MetricKind in native/fluent_bit/host_metrics.h. */
export const metricKinds = { counter: 0, gauge: 1, histogram: 2 } as const;

interface Counter {
  readonly name: string;
  readonly help: string;
  readonly label?: string;
  readonly values?: readonly string[];
  /** Addition for the documents, in Markdown. */
  readonly notes?: string;
}

const counters = [
  { name: "sent_records_total", help: "Fluent Bit records that Kinesis accepted." },
  {
    name: "sent_entries_total",
    help: "Kinesis records that Kinesis accepted; an aggregated record holds several Fluent Bit records.",
    notes: "`sent_records_total` divided by this is the number of records per aggregate",
  },
  { name: "sent_bytes_total", help: "Bytes of data and partition keys that Kinesis accepted." },
  {
    name: "failed_entries_total",
    help: "Kinesis records that failed in a request with a response, counted at each attempt.",
    label: "reason",
    values: ["throttled", "other"],
    notes: "`reason` is `throttled` or `other`",
  },
  {
    name: "requests_total",
    help: "PutRecords requests by outcome.",
    label: "outcome",
    values: ["answered", "throttled", "transient", "setup", "content"],
    notes:
      "`outcome` is `answered` (a response with a result for each record), or when the whole request failed: `throttled`, `transient` (may pass by itself), " +
      "`setup` (permissions, stream or network settings) or `content` (Kinesis refused the content)",
  },
  { name: "retry_rounds_total", help: "Retries of the unsent rest of a chunk by the plugin itself." },
  { name: "flush_retries_total", help: "Flushes with the reply retry.", notes: "Fluent Bit flushes these chunks again" },
  {
    name: "dropped_records_total",
    help: "Dropped records by reason.",
    label: "reason",
    values: ["not_an_event", "no_log_key", "empty", "no_json", "too_large", "refused"],
    notes: "`reason` is `not_an_event`, `no_log_key`, `empty`, `no_json` (NaN, nested too deeply, or an invalid key), `too_large`, `refused` (by Kinesis)",
  },
  {
    name: "dead_letter_records_total",
    help: "Dropped records by whether dead_letter_file has them.",
    label: "outcome",
    values: ["written", "lost"],
    notes: "`outcome` is `written` or `lost`; without the option both stay zero",
  },
  { name: "truncated_records_total", help: "Records cut to the size limit." },
  { name: "uncompressed_bytes_total", help: "Bytes of records before compression." },
  { name: "compressed_bytes_total", help: "Bytes of the same records after compression.", notes: "`uncompressed_bytes_total` divided by this is the compression ratio" },
] as const satisfies readonly Counter[];

type SeriesOf<C> = C extends { readonly name: infer Name extends string; readonly values: readonly (infer Value extends string)[] }
  ? `${Name}:${Value}`
  : C extends { readonly name: infer Name extends string }
    ? Name
    : never;

/** A counter such as "sent_records_total", or with its label's value, such as "dropped_records_total:empty". */
export type CounterSeries = SeriesOf<(typeof counters)[number]>;

const inFlight = { name: "requests_in_flight", help: "PutRecords requests that wait for a response." };
const concurrency = {
  name: "concurrent_requests",
  help: "Maximum PutRecords requests in flight; falls while Kinesis throttles.",
  notes: "At most the option `concurrent_requests`",
};
const duration = {
  name: "request_duration_seconds",
  help: "Time from a PutRecords request to its response or failure.",
  notes:
    "Buckets from 5 ms to 60 s. Before Fluent Bit 4.2.2, whose histograms are faulty, two counters: `request_duration_seconds_sum` and `request_duration_seconds_count`",
};
/** Upper bounds in seconds. A request usually takes 10 to 50 ms; one that times out can take a minute or more. */
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

/** The label that names the stream, by which the series of one metric differ. */
export const streamLabel = "stream";

/** Returns the definitions of all metrics of an output. @param name the output's alias, or else its name in Fluent Bit */
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
    // Two counters, of the sum and the number, in a Fluent Bit with faulty histograms (native/fluent_bit/host_version.h).
    { kind: metricKinds.histogram, name: duration.name, help: duration.help, ...single, bounds: durationBounds },
  ];
}

/** The metrics of an output, or of one of its streams. */
export interface Metrics {
  /** Adds to a counter. */
  add(series: CounterSeries, count: number): void;
  /** Counts a request in flight. */
  requestStarted(): void;
  /** Ends a request in flight. @param seconds time from the start to the response or failure */
  requestEnded(seconds: number): void;
  /** Sets the maximum number of requests in flight. */
  concurrency(limit: number): void;
  /** Sends the gathered values to Fluent Bit, in one call of the shim. Called at the end of a flush. */
  publish(): void;
}

/** Metrics for a Fluent Bit that does not accept them. */
export const noMetrics: Metrics = {
  add: () => undefined,
  requestStarted: () => undefined,
  requestEnded: () => undefined,
  concurrency: () => undefined,
  publish: () => undefined,
};

/** Gathers the metrics of an output until they are published. */
export class GatheredMetrics implements Metrics {
  readonly #update: (pairs: Float64Array) => void;
  readonly #soon: (publish: () => void) => void;
  /** The series of the output's own stream, and of other streams. */
  readonly #all: GatheredSeries[] = [];
  readonly #own: GatheredSeries;
  #isDue = false;

  /**
   * @param update receives pairs of a series' number and a value, see Binding.updateMetrics
   * @param soon calls a function after the current task
   */
  constructor(update: (pairs: Float64Array) => void, soon: (publish: () => void) => void = queueMicrotask) {
    this.#update = update;
    this.#soon = soon;
    this.#own = this.open(0);
  }

  /** Returns the metrics of another stream, whose series are numbered from `first` on. They are published together with the output's. */
  open(first: number): GatheredSeries {
    const series = new GatheredSeries(first, this);
    this.#all.push(series);
    return series;
  }

  add(series: CounterSeries, count: number): void {
    this.#own.add(series, count);
  }

  requestStarted(): void {
    this.#own.requestStarted();
  }

  requestEnded(seconds: number): void {
    this.#own.requestEnded(seconds);
  }

  concurrency(limit: number): void {
    this.#own.concurrency(limit);
  }

  /** Publishes after the current task, once for all requests that start together, so that gauges show hanging requests. */
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

/** Gathers the metrics of one stream. */
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

  /** Appends the changes since the last call, as pairs of a series' number and a value. */
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
