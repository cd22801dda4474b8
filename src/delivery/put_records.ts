/** What the sender asks of a Kinesis client, and what it may answer. */
import type { Entry, EntryTable } from "../pack/entry_table.js";

/** An entry of an answered request that the service did not take. */
export interface FailedEntry {
  /** Position in the request. */
  readonly index: number;
  /** Such as ProvisionedThroughputExceededException. */
  readonly code: string;
  readonly message: string;
}

/** A request that was not answered as it should be. */
export interface RequestFailure {
  readonly kind: "failed";
  /** Such as ResourceNotFoundException, ECONNREFUSED, CredentialsProviderError. */
  readonly code: string;
  readonly message: string;
  readonly cause: FailureCause;
  /** How long the service asks to wait before the next attempt (its header Retry-After). */
  readonly retryAfterMs?: number;
}

/**
 * transient: the same request may succeed a moment later;
 * setup: not before somebody has mended the stream, a permission, the credentials or the network;
 * content: never, since the service refuses something in it.
 */
export type FailureCause = "transient" | "setup" | "content";

/** The outcome of one attempt. */
export type PutRecordsOutcome =
  | {
      readonly kind: "answered";
      readonly failed: readonly FailedEntry[];
      /** Entries that were taken, but by another shard than the one that was expected. */
      readonly strayed: number;
    }
  | RequestFailure;

/** Sends one request, without any retries of its own. Never rejects. */
export interface PutRecordsClient {
  /** The outcome of one try. @param stream a name; the output's own stream when unset */
  putRecords(table: EntryTable, entries: readonly Entry[], stream?: string): Promise<PutRecordsOutcome>;
  /** Drops idle connections; attempts under way end as failed. */
  close(): void;
}
