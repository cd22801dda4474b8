// Counts the requests of the benchmark's server from one reset to the next.

export interface Counts {
  readonly requests: number;
  /** Kinesis records: an aggregate counts as one. */
  readonly records: number;
  /** Bytes within TLS, headers included. */
  readonly bytes: number;
  /** Time when the first PutRecords request was whole, by Date.now; 0 without a request. */
  readonly firstRequestMs: number;
  /** Time when the last PutRecords request was whole, by Date.now; 0 without a request. */
  readonly lastRequestMs: number;
  /** PutRecords requests that currently wait for their response. */
  readonly inFlight: number;
  /** Maximum number of requests that waited for their response concurrently. */
  readonly maxInFlight: number;
  readonly cpuMs: number;
}

export class ServerCounts {
  #requests = 0;
  #records = 0;
  #bytes = 0;
  #firstRequestMs = 0;
  #lastRequestMs = 0;
  #inFlight = 0;
  #maxInFlight = 0;
  #cpuBefore = process.cpuUsage();

  received(bytes: number): void {
    this.#bytes += bytes;
  }

  requested(records: number): void {
    this.#lastRequestMs = Date.now();
    if (this.#requests === 0) this.#firstRequestMs = this.#lastRequestMs;
    this.#requests++;
    this.#records += records;
    this.#inFlight++;
    this.#maxInFlight = Math.max(this.#maxInFlight, this.#inFlight);
  }

  /** Counts requests that no longer wait: they got a response, or their sender gave up. */
  settled(requests = 1): void {
    this.#inFlight -= requests;
  }

  /** Resets the counts, except requests that still wait. */
  reset(): void {
    this.#requests = this.#records = this.#bytes = this.#firstRequestMs = this.#lastRequestMs = 0;
    this.#maxInFlight = this.#inFlight;
    this.#cpuBefore = process.cpuUsage();
  }

  read(): Counts {
    const { user, system } = process.cpuUsage(this.#cpuBefore);
    return {
      requests: this.#requests,
      records: this.#records,
      bytes: this.#bytes,
      firstRequestMs: this.#firstRequestMs,
      lastRequestMs: this.#lastRequestMs,
      inFlight: this.#inFlight,
      maxInFlight: this.#maxInFlight,
      cpuMs: (user + system) / 1000,
    };
  }
}
