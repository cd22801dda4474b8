/** The bodies of PutRecords requests: in which form, and in which memory. */
import type { Entry } from "../entry.js";
import { SinkPool } from "../record/sink_pool.js";
import type { ByteSink } from "../record/byte_sink.js";
import { writeCborBody } from "./cbor_body.js";
import { writeJsonBody } from "./json_body.js";
import { targetOf, type RequestFormat, type StreamTarget } from "./request_form.js";

/** A body, until it is released. */
export interface RequestBody {
  readonly bytes: Uint8Array;
  readonly format: RequestFormat;
  readonly sink: ByteSink;
}

/** Two bodies of the largest requests, in base64, or many of the usual ones. */
const maxKeptBytes = 16 * 1024 * 1024;

/** Writes the bodies of one output's requests. */
export class RequestBodies {
  readonly target: StreamTarget;
  readonly #random: () => number;
  readonly #refused: () => void;
  #format: RequestFormat;
  readonly #sinks = new SinkPool(maxKeptBytes);

  /**
   * @param stream a name or an ARN
   * @param random gives numbers from 0 up to 1, for partition keys
   * @param refused is called once, when the endpoint refuses the form and JSON takes its place
   */
  constructor(stream: string, format: RequestFormat, random: () => number, refused: () => void) {
    this.target = targetOf(stream);
    this.#format = format;
    this.#random = random;
    this.#refused = refused;
  }

  /** A body in the form of now, in memory of the pool: give its sink back when its answer is in. */
  write(entries: readonly Entry[]): RequestBody {
    const sink = this.#sinks.take(0);
    const format = this.#format;
    const write = format === "cbor" ? writeCborBody : writeJsonBody;
    write(entries, this.target, this.#random, sink);
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
