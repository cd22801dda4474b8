/** Options of an output for its connection to the stream. */
import type { CredentialSettings } from "../credentials/credentials.js";

/** Address and stream of requests, their credentials, and their time limits. */
export interface ConnectionOptions extends CredentialSettings {
  /** Name or ARN of the stream. */
  readonly stream: string;
  readonly endpoint: string | undefined;
  /** Time limit of a whole attempt, as set by http_request_timeout. 0 means no limit. */
  readonly requestTimeoutMs: number;
  /**
   * Time limit from the last sent byte of a request to its complete response, for an unset http_request_timeout.
   * 0 or undefined means no limit.
   */
  readonly responseTimeoutMs?: number;
}
