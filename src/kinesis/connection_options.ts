/** The options of an output that say how to reach the stream. */
import type { CredentialSettings } from "../credentials/credentials.js";

/** Where requests go, with whose credentials, and how long they may take. */
export interface ConnectionOptions extends CredentialSettings {
  /** Name or ARN. */
  readonly stream: string;
  readonly endpoint: string | undefined;
  /** Limits a whole attempt, as set by http_request_timeout. 0 means none. */
  readonly requestTimeoutMs: number;
  /**
   * Limits the time from the last sent byte of a request to its complete response, where http_request_timeout is unset.
   * 0 or undefined means no limit.
   */
  readonly responseTimeoutMs?: number;
}
