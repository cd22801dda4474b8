/** The bodies of PutRecords requests: in which form, and in which memory. */
import type { Entry, EntryTable } from "../pack/entry_table.js";
import type { SinkPool } from "../bytes/sink_pool.js";
import type { ByteSink } from "../bytes/byte_sink.js";
import { maxCborBytes, writeCborBody } from "./cbor_body.js";
import { maxJsonBytes, writeJsonBody } from "./json_body.js";
import { targetOf, type RequestFormat, type StreamTarget } from "./request_form.js";

/** A body, until it is released. */
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
  readonly #refused: () => void;
  #format: RequestFormat;
  readonly #sinks: SinkPool;

  /**
   * @param stream a name or an ARN
   * @param random returns numbers from 0 up to 1, for partition keys
   * @param sinks the memory of bodies
   * @param refused is called once, when the endpoint refuses the form and JSON takes its place
   */
  constructor(stream: string, format: RequestFormat, random: () => number, sinks: SinkPool, refused: () => void) {
    this.#sinks = sinks;
    this.target = targetOf(stream);
    this.#format = format;
    this.#random = random;
    this.#refused = refused;
  }

  /**
   * A body in the form of now, in memory of the pool: give its sink back when its answer is in.
   * @param target another stream than the output's own
   */
  write(table: EntryTable, entries: readonly Entry[], target = this.target): RequestBody {
    const format = this.#format;
    const [most, write] = format === "cbor" ? [maxCborBytes, writeCborBody] : [maxJsonBytes, writeJsonBody];
    const sink = this.#sinks.take(most(table, entries, target));
    write(table, entries, target, this.#random, sink);
    return { bytes: sink.bytes.subarray(0, sink.length), format, sink };
  }

  /** From now on all bodies are JSON. */
  fallBackToJson(): void {
    if (this.#format === "json") return;
    this.#format = "json";
    this.#refused();
  }

  /** Takes back the memory of a body that nobody reads any more. */
  release({ sink }: RequestBody): void {
    this.#sinks.give(sink);
  }
}
