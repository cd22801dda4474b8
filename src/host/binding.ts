/** TypeScript types of the functions in native/binding.cc, and the codes of Fluent Bit's ABI. */
import type * as Crypto from "node:crypto";
import type * as FileSystem from "node:fs";
import type { MetricDefinition } from "../telemetry/metrics.js";

/** Request kinds, as numbered in native/fluent_bit/request.h. */
export const requestKinds = { init: 0, flush: 1, exit: 2, stop: 3, withdraw: 4, chunk: 5 } as const;

/** Reply codes of a flush. Source: Fluent Bit, include/fluent-bit/flb_output.h. */
export const flushReplies = { error: 0, ok: 1, retry: 2 } as const;

/** Reply code of a failed init; a successful init replies ok. */
export const initFailed = -1;

/**
 * Handles a request, which needs exactly one reply.
 * @param instance the output's number, chosen by the shim; in a withdraw, the id of the flush to reply to immediately
 * @param chunkBytes the size of a flush's chunk
 * @param blocks whether a thread of Fluent Bit is blocked until the reply
 */
export type RequestHandler = (
  requestId: number,
  kind: number,
  instance: number,
  chunkBytes: number,
  tag: string,
  blocks: boolean,
) => void;

/** An output instance, as Fluent Bit describes it. */
export interface HostInstance {
  /** Name such as "kinesis.0", or the alias. */
  readonly name: string;
  /** The output's log_level, or else the service's: 0 (off), 1 (error), 2 (warning), 3 (info), 4 (debug). */
  readonly logLevel: number;
}

/** The functions of the shim. */
export interface Binding {
  /** Starts to accept requests. */
  serve(handler: RequestHandler): void;
  /** Accepts no further requests, so that Node's loop can end. */
  close(): void;
  /**
   * Returns a flush's chunk; the reply to the flush detaches it. Returns undefined while the chunk is in transit (a request of kind
   * `chunk` announces its arrival), and null when Fluent Bit no longer waits for the flush.
   */
  takeChunk(requestId: number): ArrayBuffer | null | undefined;
  /** Extends the time limit of an exit. Without calls, the Fluent Bit thread that waits for the exit gives up after some seconds. */
  extend(requestId: number): void;
  /** Frees an array's memory immediately and detaches the array. */
  releaseMemory(memory: ArrayBuffer): void;
  /** Returns freed memory of the process to the system. */
  trimMemory(): void;
  /** Replies to a request with one of {@link flushReplies} or {@link initFailed}. */
  reply(requestId: number, value: number): void;
  /** Returns the value of an option. Valid only during init. */
  option(requestId: number, key: string): string | undefined;
  /** Returns the subset of `names` that the user has set. Valid only during init. */
  setOptions(requestId: number, names: readonly string[]): string[];
  /** Returns the output instance of an init; undefined when Fluent Bit's log is not available. Valid only during init. */
  outputInstance(requestId: number): HostInstance | undefined;
  /** Whether Fluent Bit's own log is available. */
  readonly hasHostLog: boolean;
  /** Passes a line for Fluent Bit's log to a thread of Fluent Bit that waits for a reply. Returns false when no thread waits. */
  log(level: number, text: string): boolean;
  /** Creates the metrics of an instance. Returns their number, or 0 when Fluent Bit does not accept metrics. Valid only during init. */
  openMetrics(requestId: number, definitions: readonly MetricDefinition[]): number;
  /**
   * Copies the series that have the label's first value, with `value` instead. Returns the number of the first new series; the
   * others follow in the order of the definitions. Returns 0 when Fluent Bit cannot add them.
   */
  addMetricSeries(metrics: number, label: string, value: string): number;
  /** Updates metrics with pairs of a series' number and a value. Returns false once the instance has exited. */
  updateMetrics(metrics: number, pairs: Float64Array): boolean;
  /** Where Node runs and why, such as "in Fluent Bit's process, from /usr/lib/libnode.so.115". */
  readonly place: string;
  /** Returns the local zone's abbreviation at a time; empty when the system has none. */
  zoneAbbreviation(epochSeconds: number): string;
  /**
   * Writes a line, with its newline, to the standard error of Fluent Bit's start. Drops a line that would block on a slow reader;
   * the next written line reports the number of dropped lines.
   */
  writeMessage(text: string): void;
  /** Evicts the resident pages of Node's code; a page returns on its next use. */
  releaseCode(): void;
  /** Ends Fluent Bit immediately. */
  exitProcess(status: number): never;
}

/** Built-in modules that the core loads on first use, synchronously. */
export interface LateBuiltIns {
  /** For hashes. */
  readonly "node:crypto": typeof Crypto;
  /** For time zone files. */
  readonly "node:fs": typeof FileSystem;
}

/** The bootstrap script's `require`; Node caches loaded modules. */
export type LoadBuiltIn = <Name extends keyof LateBuiltIns>(name: Name) => LateBuiltIns[Name];
