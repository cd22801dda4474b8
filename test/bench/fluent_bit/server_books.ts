// What the benchmark's server counts from one reset to the next.

export interface Books {
  readonly requests: number;
  /** Kinesis records: an aggregate counts as one. */
  readonly records: number;
  /** As they came through TLS, headers included. */
  readonly bytes: number;
  /** When the first PutRecords request was whole, by Date.now; 0 without a request. */
  readonly firstRequestMs: number;
  /** When the last PutRecords request was whole, by Date.now; 0 without a request. */
  readonly lastRequestMs: number;
  /** PutRecords requests that wait for their answer now. */
  readonly inFlight: number;
  /** The largest number of requests that waited for their answer at once. */
  readonly maxInFlight: number;
  readonly cpuMs: number;
}

export class ServerBooks {
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

  /** Counts requests that wait no longer: answered, or given up by their sender. */
  settled(requests = 1): void {
    this.#inFlight -= requests;
  }

  /** Starts anew; requests that still wait go on waiting. */
  reset(): void {
    this.#requests = this.#records = this.#bytes = this.#firstRequestMs = this.#lastRequestMs = 0;
    this.#maxInFlight = this.#inFlight;
    this.#cpuBefore = process.cpuUsage();
  }

  read(): Books {
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
