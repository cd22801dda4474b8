/** Counts what the pipeline reports about the records of one chunk, until the chunk is known not to come again. */
import type { CounterSeries, Metrics } from "../telemetry/metrics.js";
import type { RecordReport } from "../pack/slices.js";

/** What was counted in a chunk until it was done with. */
export interface TakenCounts {
  /** Counts it. */
  readonly addTo: (metrics: Metrics) => void;
}

/** Passes everything on to the report behind it. */
export class ChunkTally implements RecordReport {
  readonly #report: RecordReport;
  #counts = new Map<CounterSeries, number>();

  constructor(report: RecordReport) {
    this.#report = report;
  }

  broken(count: number): void {
    this.#count("dropped_records_total:not_an_event", count);
    this.#report.broken(count);
  }

  refused(reason: string): void {
    this.#count(seriesOf(reason), 1);
    this.#report.refused(reason);
  }

  truncated(bytes: number): void {
    this.#count("truncated_records_total", 1);
    this.#report.truncated(bytes);
  }

  tooLarge(bytes: number): void {
    this.#count("dropped_records_total:too_large", 1);
    this.#report.tooLarge(bytes);
  }

  withoutPartitionKey(): void {
    this.#report.withoutPartitionKey();
  }

  withoutStream(): void {
    this.#report.withoutStream();
  }

  compressed(plainBytes: number, bytes: number): void {
    this.#count("uncompressed_bytes_total", plainBytes);
    this.#count("compressed_bytes_total", bytes);
    this.#report.compressed(plainBytes, bytes);
  }

  /** Gives what to do with the counts since the last call: they count only when the chunk is done with. */
  take(): TakenCounts {
    const counts = this.#counts;
    this.#counts = new Map();
    return {
      addTo: (metrics) => {
        for (const [series, count] of counts) metrics.add(series, count);
      },
    };
  }

  #count(series: CounterSeries, count: number): void {
    if (count > 0) this.#counts.set(series, (this.#counts.get(series) ?? 0) + count);
  }
}

function seriesOf(reason: string): CounterSeries {
  if (reason === "has no log_key") return "dropped_records_total:no_log_key";
  return reason === "is empty" ? "dropped_records_total:empty" : "dropped_records_total:no_json";
}
