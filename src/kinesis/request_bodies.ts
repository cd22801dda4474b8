/** Chooses the format of PutRecords bodies and manages their memory. */
import type { Entry, EntryTable } from "../pack/entry_table.js";
import type { SinkPool } from "../bytes/sink_pool.js";
import type { ByteSink } from "../bytes/byte_sink.js";
import { maxCborBytes, writeCborBody } from "./cbor_body.js";
import { maxJsonBytes, writeJsonBody } from "./json_body.js";
import type { RequestFormat } from "./request_format.js";
import { targetOf, type StreamTarget } from "./stream_target.js";

/** A written body, until it is released. */
export interface RequestBody {
  readonly bytes: Uint8Array;
  readonly format: RequestFormat;
  readonly sink: ByteSink;
}

/** Writes the bodies of one output's requests. */
export class RequestBodies {
  /** The output's own stream. */
  readonly target: StreamTarget;
  readonly #random: () => number;
  readonly #onFallBack: () => void;
  #format: RequestFormat;
  readonly #sinks: SinkPool;

  /**
   * @param stream a name or an ARN
   * @param random returns numbers in [0, 1), for random partition keys
   * @param sinks the memory of bodies
   * @param onFallBack is called once, when the endpoint refuses the format and JSON replaces it
   */
  constructor(stream: string, format: RequestFormat, random: () => number, sinks: SinkPool, onFallBack: () => void) {
    this.#sinks = sinks;
    this.target = targetOf(stream);
    this.#format = format;
    this.#random = random;
    this.#onFallBack = onFallBack;
  }

  /**
   * Writes a body in the current format, into memory of the pool. Call {@link release} once nothing reads the body any more.
   * @param target the stream; the output's own unless given
   */
  write(table: EntryTable, entries: readonly Entry[], target = this.target): RequestBody {
    const format = this.#format;
    const [maxBytes, write] = format === "cbor" ? [maxCborBytes, writeCborBody] : [maxJsonBytes, writeJsonBody];
    const sink = this.#sinks.take(maxBytes(table, entries, target));
    write(table, entries, target, this.#random, sink);
    return { bytes: sink.bytes.subarray(0, sink.length), format, sink };
  }

  /** Writes all later bodies as JSON. */
  fallBackToJson(): void {
    if (this.#format === "json") return;
    this.#format = "json";
    this.#onFallBack();
  }

  /** Returns the memory of a body to the pool. Nothing may read the body any more. */
  release({ sink }: RequestBody): void {
    this.#sinks.give(sink);
  }
}
