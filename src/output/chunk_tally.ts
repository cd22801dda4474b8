/** Counts what the pipeline reports about the records of one chunk, until the chunk is known not to come again. */
import type { CounterSeries, Metrics } from "../telemetry/metrics.js";
import type { DroppedEvent, RecordReport } from "../pack/slices.js";
import type { DeadLetters, Drop } from "./dead_letters.js";
import type { RecordMessages } from "./record_report.js";

/** What was counted in a chunk until it was done with. */
export interface TakenCounts {
  /** Counts it, and keeps the records that were dropped, where they are kept. */
  readonly addTo: (metrics: Metrics, tag: string) => void;
}

/** Passes everything on to the messages behind it. */
export class ChunkTally implements RecordReport {
  readonly #report: RecordMessages;
  readonly #deadLetters: DeadLetters | undefined;
  #counts = new Map<CounterSeries, number>();
  #drops: Drop[] = [];
  /** Dropped records that were not copied, since the file of dead letters was full. */
  #lostDrops = 0;

  constructor(report: RecordMessages, deadLetters?: DeadLetters) {
    this.#report = report;
    this.#deadLetters = deadLetters;
  }

  broken(count: number): void {
    this.#count("dropped_records_total:not_an_event", count);
    this.#report.broken(count);
  }

  refused(reason: string, event: DroppedEvent): void {
    const dropReason = dropReasonOf(reason);
    this.#count(`dropped_records_total:${dropReason}`, 1);
    this.#hold({ reason: dropReason, message: `The record ${reason}`, form: "msgpack" }, event);
    this.#report.refused(reason);
  }

  truncated(bytes: number): void {
    this.#count("truncated_records_total", 1);
    this.#report.truncated(bytes);
  }

  tooLarge(bytes: number, event: DroppedEvent): void {
    this.#count("dropped_records_total:too_large", 1);
    this.#hold({ reason: "too_large", message: `The record of ${bytes} bytes cannot be compressed and truncated to the limit`, form: "record" }, event);
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
    const drops = this.#drops;
    const lostDrops = this.#lostDrops;
    this.#counts = new Map();
    this.#drops = [];
    this.#lostDrops = 0;
    return {
      addTo: (metrics, tag) => {
        for (const [series, count] of counts) metrics.add(series, count);
        this.#deadLetters?.dropped(drops, tag, lostDrops);
      },
    };
  }

  #hold(what: Pick<Drop, "reason" | "message" | "form">, { seconds, nanoseconds, partitionKey, stream, copy }: DroppedEvent): void {
    if (this.#deadLetters === undefined) return;
    if (this.#deadLetters.isFull) this.#lostDrops++;
    else this.#drops.push({ ...what, time: { seconds, nanoseconds }, partitionKey, stream, data: copy() });
  }

  #count(series: CounterSeries, count: number): void {
    if (count > 0) this.#counts.set(series, (this.#counts.get(series) ?? 0) + count);
  }
}

function dropReasonOf(reason: string): "no_log_key" | "empty" | "no_json" {
  if (reason === "has no log_key") return "no_log_key";
  return reason === "is empty" ? "empty" : "no_json";
}
