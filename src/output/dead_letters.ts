/** Writes each dropped record as a JSON line to the dead-letter file of an output. */
import { bufferOf } from "../bytes/base64.js";
import type { RefusedEntry } from "../delivery/delivery.js";
import type { EntryTable } from "../pack/entry_table.js";
import { eventTimesOf, type EventTime } from "../pack/event_times.js";
import { RepeatedMessage, type Log } from "../telemetry/log.js";
import type { Metrics } from "../telemetry/metrics.js";

/** A dropped record. */
export interface Drop {
  readonly reason: "refused" | "no_log_key" | "empty" | "no_json" | "too_large";
  readonly message: string;
  /** The event's time; undefined when unknown, or when the record holds several events. */
  readonly time: EventTime | undefined;
  /** Undefined when random or unknown. */
  readonly partitionKey: string | undefined;
  /** The destination; undefined for the output's own stream. */
  readonly stream: string | undefined;
  /** Format of the data: the record as Kinesis would have received it, or the event's body in msgpack. */
  readonly form: "record" | "msgpack";
  readonly data: Uint8Array;
}

/** Receives the outcome of a line. */
interface LineOwner {
  written(records: number): void;
  lost(records: number, reason: string): void;
}

/** A file of lines. */
export interface LineTarget {
  /** Whether the file has no room for further lines at the moment. */
  readonly isFull: boolean;
  /** Appends a line, given without its newline, that holds `records` records. Reports the outcome to `owner`. */
  append(line: string, records: number, owner: LineOwner): void;
  /** Counts records as lost for lack of room, and reports that to their owner. */
  lose(records: number, owner: LineOwner): void;
}

/** Dependencies of the dead letters. */
export interface DeadLetterDependencies {
  readonly file: LineTarget;
  /** The output's own stream, for records that choose no other. */
  readonly stream: string;
  /** Returns milliseconds since the epoch. */
  readonly epochNow: () => number;
  /** Returns milliseconds that never decrease. */
  readonly now: () => number;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** The dead letters of one output. */
export class DeadLetters {
  readonly #dependencies: DeadLetterDependencies;
  readonly #owner: LineOwner;

  constructor(dependencies: DeadLetterDependencies) {
    this.#dependencies = dependencies;
    const { metrics, log, now } = dependencies;
    const unwritten = new RepeatedMessage((message) => log.error(message), now);
    // Publishes here: lines are written after the flush has published its counts.
    this.#owner = {
      written: (records) => {
        metrics.add("dead_letter_records_total:written", records);
        metrics.publish();
      },
      lost: (records, reason) => {
        metrics.add("dead_letter_records_total:lost", records);
        metrics.publish();
        unwritten.report(`A dropped record cannot be written to dead_letter_file (${reason}); it is lost`, records);
      },
    };
  }

  /** Whether further records would be lost, so that the caller need not copy them. */
  get isFull(): boolean {
    return this.#dependencies.file.isFull;
  }

  /** Writes records that were dropped before sending. @param lost number of further ones, dropped while {@link isFull} */
  dropped(drops: readonly Drop[], tag: string, lost: number): void {
    for (const drop of drops) this.#append(drop, tag, 1);
    if (lost > 0) this.#dependencies.file.lose(lost, this.#owner);
  }

  /** Writes entries that Kinesis refused. @param chunk the entries' chunk; empty when Fluent Bit no longer waits for the flush */
  refused(table: EntryTable, refused: readonly RefusedEntry[], chunk: Uint8Array, tag: string): void {
    const views = refused.map(({ entry, failure }) => ({ ...table.view(entry), failure }));
    const times = eventTimesOf(chunk, views.flatMap(({ events }) => (events.length === 1 ? events : [])));
    for (const { events, partitionKey, stream, data, failure } of views) {
      const [event = -1] = events.length === 1 ? events : [];
      const message = `Kinesis refuses it with ${failure.code}: ${failure.message}`;
      const drop = { reason: "refused", message, time: times.get(event), partitionKey, stream, form: "record", data } as const;
      this.#append(drop, tag, events.length);
    }
  }

  #append({ reason, message, time, partitionKey, stream, form, data }: Drop, tag: string, records: number): void {
    const { file, stream: ownStream, epochNow } = this.#dependencies;
    if (file.isFull) return file.lose(records, this.#owner);
    const line = JSON.stringify({
      droppedAt: new Date(epochNow()).toISOString(),
      eventTime: time === undefined ? undefined : textOfTime(time),
      ...{ stream: stream ?? ownStream, tag, reason, message, partitionKey, form },
      data: bufferOf(data).toString("base64"),
    });
    file.append(line, records, this.#owner);
  }
}

/** Returns the time as ISO 8601 in UTC; undefined for a time beyond the range of `Date`. */
function textOfTime({ seconds, nanoseconds }: EventTime): string | undefined {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return undefined;
  return date.toISOString().replace(/\.\d{3}Z$/u, `.${String(nanoseconds).padStart(9, "0")}Z`);
}
