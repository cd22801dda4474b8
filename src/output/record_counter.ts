/** Counts dropped, truncated and compressed records, and holds the counts until no retry can repeat them. */
import type { CounterSeries, Metrics } from "../telemetry/metrics.js";
import type { DroppedEvent, RecordReport } from "../pack/slices.js";
import type { DeadLetters, Drop } from "./dead_letters.js";
import type { RecordMessages } from "./record_messages.js";

/** The counts of one slice, not yet in the metrics. */
export interface SliceCounts {
  /** Adds the counts to the metrics, and the dropped records to the dead letters. */
  readonly commit: (metrics: Metrics, tag: string) => void;
}

/** Counts the records of one output, and forwards each report to the log messages. */
export class RecordCounter implements RecordReport {
  readonly #messages: RecordMessages;
  readonly #deadLetters: DeadLetters | undefined;
  #counts = new Map<CounterSeries, number>();
  #drops: Drop[] = [];
  /** Dropped records that were not copied, since the file of dead letters was full. */
  #lostDrops = 0;

  constructor(messages: RecordMessages, deadLetters?: DeadLetters) {
    this.#messages = messages;
    this.#deadLetters = deadLetters;
  }

  broken(count: number): void {
    this.#count("dropped_records_total:not_an_event", count);
    this.#messages.broken(count);
  }

  refused(reason: string, event: DroppedEvent): void {
    const dropReason = dropReasonOf(reason);
    this.#count(`dropped_records_total:${dropReason}`, 1);
    this.#hold({ reason: dropReason, message: `The record ${reason}`, form: "msgpack" }, event);
    this.#messages.refused(reason);
  }

  truncated(bytes: number): void {
    this.#count("truncated_records_total", 1);
    this.#messages.truncated(bytes);
  }

  tooLarge(bytes: number, event: DroppedEvent): void {
    this.#count("dropped_records_total:too_large", 1);
    this.#hold({ reason: "too_large", message: `The record of ${bytes} bytes cannot be compressed and truncated to the limit`, form: "record" }, event);
    this.#messages.tooLarge(bytes);
  }

  withoutPartitionKey(): void {
    this.#messages.withoutPartitionKey();
  }

  withoutStream(): void {
    this.#messages.withoutStream();
  }

  compressed(plainBytes: number, bytes: number): void {
    this.#count("uncompressed_bytes_total", plainBytes);
    this.#count("compressed_bytes_total", bytes);
    this.#messages.compressed(plainBytes, bytes);
  }

  /** Returns the counts since the last call. */
  take(): SliceCounts {
    const counts = this.#counts;
    const drops = this.#drops;
    const lostDrops = this.#lostDrops;
    this.#counts = new Map();
    this.#drops = [];
    this.#lostDrops = 0;
    return {
      commit: (metrics, tag) => {
        for (const [series, count] of counts) metrics.add(series, count);
        this.#deadLetters?.dropped(drops, tag, lostDrops);
      },
    };
  }

  #hold(drop: Pick<Drop, "reason" | "message" | "form">, { seconds, nanoseconds, partitionKey, stream, copy }: DroppedEvent): void {
    if (this.#deadLetters === undefined) return;
    if (this.#deadLetters.isFull) this.#lostDrops++;
    else this.#drops.push({ ...drop, time: { seconds, nanoseconds }, partitionKey, stream, data: copy() });
  }

  #count(series: CounterSeries, count: number): void {
    if (count > 0) this.#counts.set(series, (this.#counts.get(series) ?? 0) + count);
  }
}

function dropReasonOf(reason: string): "no_log_key" | "empty" | "no_json" {
  if (reason === "has no log_key") return "no_log_key";
  return reason === "is empty" ? "empty" : "no_json";
}
