/** The interface of the Kinesis client that delivery uses, and the outcomes of its requests. */
import type { Entry, EntryTable } from "../pack/entry_table.js";

/** An entry that the service did not accept, in a request that has a response. */
export interface FailedEntry {
  /** Position of the entry in the request. */
  readonly index: number;
  /** Error code, such as ProvisionedThroughputExceededException. */
  readonly code: string;
  readonly message: string;
}

/** A request that failed as a whole: no response, an error, or an invalid response. */
export interface RequestFailure {
  readonly kind: "failed";
  /** Error code, such as ResourceNotFoundException, ECONNREFUSED or CredentialsProviderError. */
  readonly code: string;
  readonly message: string;
  readonly cause: FailureCause;
  /** Wait before the next attempt that the service requests (`Retry-After`). */
  readonly retryAfterMs?: number;
}

/**
 * transient: the same request may succeed a moment later;
 * setup: the request can only succeed after a repair of the stream, a permission, the credentials or the network;
 * content: the request can never succeed, since the service refuses something in it.
 */
export type FailureCause = "transient" | "setup" | "content";

/** The outcome of one attempt. */
export type PutRecordsOutcome =
  | {
      readonly kind: "answered";
      readonly failed: readonly FailedEntry[];
      /** Number of entries accepted by another shard than expected. */
      readonly strayed: number;
    }
  | RequestFailure;

/** Sends PutRecords requests, without retries. Its promises never reject. */
export interface PutRecordsClient {
  /** Returns the outcome of one attempt. @param stream a stream's name; the output's own stream when unset */
  putRecords(table: EntryTable, entries: readonly Entry[], stream?: string): Promise<PutRecordsOutcome>;
  /** Closes idle connections; attempts under way fail. */
  close(): void;
}
