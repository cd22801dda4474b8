/** The messages about single records of one output instance, at most once a minute each. */
import { maxRecordBytes } from "../limits.js";
import { RepeatedMessage, type Log } from "../telemetry/log.js";
import type { RecordReport } from "../pack/slices.js";

/** The same without the events themselves, of which no message tells. */
export interface RecordMessages extends Omit<RecordReport, "refused" | "tooLarge"> {
  /** An event that did not become a record, and why. */
  refused(reason: string): void;
  /** A record that cannot be made to fit the limit. */
  tooLarge(bytes: number): void;
}

/**
 * What an output says about its records.
 * @param limitBytes of a record
 * @param now milliseconds that only ever grow
 */
export function createRecordReport(log: Log, stream: string, limitBytes: number, now: () => number): RecordMessages {
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
    broken: (count) => broken.report("Passed over what is no event of Fluent Bit in a chunk", count),
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
      withoutStream.report(`stream_key leads to no name of a stream in the record, using the stream ${stream} instead`),
    compressed: () => undefined,
  };
}
