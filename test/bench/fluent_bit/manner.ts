// How the benchmark's server answers, and what its parent asks of it.

/** How the server answers PutRecords. */
export interface Manner {
  /** Milliseconds from the whole request to its answer. */
  readonly latencyMs: number;
  /** Answers CBOR with JSON, as some endpoints do. */
  readonly isCborAnsweredInJson: boolean;
  /** Takes connections and requests, and never answers. */
  readonly isSilent: boolean;
}

export const AT_ONCE: Manner = { latencyMs: 0, isCborAnsweredInJson: false, isSilent: false };

export type Question = { readonly ask: "books" } | { readonly ask: "reset"; readonly manner: Manner };
