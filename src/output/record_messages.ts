/** Logs problems with single records of an output, each kind at most once a minute. */
import { maxRecordBytes } from "../limits.js";
import { RepeatedMessage, type Log } from "../telemetry/log.js";
import type { RecordReport } from "../pack/slices.js";

/** A record report without the dropped events: messages show no content of events. */
export interface RecordMessages extends Omit<RecordReport, "refused" | "tooLarge"> {
  /** Reports an event that did not become a record. */
  refused(reason: string): void;
  /** Reports a record that cannot be cut to the limit. */
  tooLarge(bytes: number): void;
}

/**
 * Creates the messages of an output about its records.
 * @param limitBytes maximum bytes of a record
 * @param now returns milliseconds that never decrease
 */
export function createRecordMessages(log: Log, stream: string, limitBytes: number, now: () => number): RecordMessages {
  const limit = limitBytes === maxRecordBytes ? "1MB" : `${limitBytes} bytes`;
  const error = (message: string) => log.error(message);
  const warning = (message: string) => log.warning(message);
  const broken = new RepeatedMessage(warning, now);
  const truncated = new RepeatedMessage(warning, now);
  const tooLarge = new RepeatedMessage(error, now);
  const withoutPartitionKey = new RepeatedMessage(error, now);
  const withoutStream = new RepeatedMessage(error, now);
  const refused = new Map<string, RepeatedMessage>();
  return {
    broken: (count) => broken.report("Skipped malformed events in a chunk", count),
    refused: (reason) => {
      const message = refused.get(reason) ?? new RepeatedMessage(error, now);
      refused.set(reason, message);
      message.report(
        reason === "has no log_key"
          ? "Failed to find the key specified by log_key in a record; it is dropped"
          : `A record ${reason}; it is dropped`,
      );
    },
    truncated: (bytes) => truncated.report(`Found record with ${bytes} bytes, truncating to ${limit}, stream=${stream}`),
    tooLarge: (bytes) =>
      tooLarge.report(`A record of ${bytes} bytes cannot be compressed and truncated to ${limit}; it is dropped, stream=${stream}`),
    withoutPartitionKey: () =>
      withoutPartitionKey.report(
        "The partition key could not be found in the record, using a random string instead",
      ),
    withoutStream: () =>
      withoutStream.report(`stream_key does not lead to a valid stream name in the record, using the stream ${stream} instead`),
    compressed: () => undefined,
  };
}
