// The behavior of the benchmark's server, and the commands of its parent.

/** How the server responds to PutRecords. */
export interface ServerBehavior {
  /** Milliseconds from the whole request to its response. */
  readonly latencyMs: number;
  /** Whether to respond to CBOR in JSON, as some endpoints do. */
  readonly respondsToCborInJson: boolean;
  /** Whether to accept connections and requests but never respond. */
  readonly isSilent: boolean;
}

export const IMMEDIATE: ServerBehavior = { latencyMs: 0, respondsToCborInJson: false, isSilent: false };

export type ServerCommand = { readonly command: "counts" } | { readonly command: "reset"; readonly behavior: ServerBehavior };
