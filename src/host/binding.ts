/** The typed mirror of native/binding.cc, and the codes of Fluent Bit's ABI. */
import type * as Crypto from "node:crypto";
import type * as FileSystem from "node:fs";
import type { MetricDefinition } from "../telemetry/metrics.js";

/** The kinds of requests, as numbered in native/fluent_bit/request.h. */
export const requestKinds = { init: 0, flush: 1, exit: 2, stop: 3, withdraw: 4, chunk: 5 } as const;

/** What a flush answers. Source: Fluent Bit, include/fluent-bit/flb_output.h. */
export const flushReplies = { error: 0, ok: 1, retry: 2 } as const;

/** What an init answers when it failed; otherwise it is ok. */
export const initFailed = -1;

/**
 * Takes a request, which must be answered exactly once.
 * @param instance the output's number, which the shim has chosen; in a withdraw, the id of the flush that is to be answered at once
 * @param chunkBytes the size of a flush's chunk
 * @param blocks whether a thread of Fluent Bit's stands still until the answer
 */
export type RequestHandler = (
  requestId: number,
  kind: number,
  instance: number,
  chunkBytes: number,
  tag: string,
  blocks: boolean,
) => void;

/** What Fluent Bit says about an output instance. */
export interface HostInstance {
  /** Such as "kinesis.0", or the alias. */
  readonly name: string;
  /** Its log_level, or the service's: 0 (off), 1 (error), 2 (warning), 3 (info), 4 (debug). */
  readonly logLevel: number;
}

/** The functions of the shim. */
export interface Binding {
  /** Starts to take requests. */
  serve(handler: RequestHandler): void;
  /** Takes no more requests, so that Node's loop can end. */
  close(): void;
  /**
   * The chunk of a flush, which is detached by the flush's answer. Undefined when it is on its way: a request of kind
   * chunk says when it has come. Null when nobody waits for the flush any more.
   */
  takeChunk(requestId: number): ArrayBuffer | null | undefined;
  /** Shows Fluent Bit's thread, which waits for an exit, that the exit is still at work. Without, it gives up after some seconds. */
  extend(requestId: number): void;
  /** Frees an array's memory at once; the array is empty then. */
  releaseMemory(memory: ArrayBuffer): void;
  /** Gives memory that the process has freed back to the system. */
  trimMemory(): void;
  /** Answers a request with one of {@link flushReplies} or {@link initFailed}. */
  reply(requestId: number, value: number): void;
  /** The value of an option, while the init of that request waits. */
  option(requestId: number, key: string): string | undefined;
  /** Returns the subset of `names` that the user has set. Valid only during init. */
  setOptions(requestId: number, names: readonly string[]): string[];
  /** What the host says, while the init of that request waits; undefined where it has no log. */
  outputInstance(requestId: number): HostInstance | undefined;
  /** Whether Fluent Bit's own log can be had. */
  readonly hasHostLog: boolean;
  /** Hands a line to a thread of Fluent Bit's that waits for an answer, for its log; false when none does. */
  log(level: number, text: string): boolean;
  /** Makes the metrics of an instance, while the init of that request waits. Returns their number; 0 where Fluent Bit takes no metrics. */
  openMetrics(requestId: number, definitions: readonly MetricDefinition[]): number;
  /**
   * Adds series to metrics: those of the first value of the label, with another value. Returns
   * the number of the first, whose others follow in the order of the definitions; 0 where Fluent Bit cannot take them.
   */
  addMetricSeries(metrics: number, label: string, value: string): number;
  /** Takes pairs of a series' number and a value; false once the instance has exited. */
  updateMetrics(metrics: number, pairs: Float64Array): boolean;
  /** Where Node runs and why there, such as "in Fluent Bit's process, from /usr/lib/libnode.so.115". */
  readonly place: string;
  /** The local zone's abbreviation at a time; empty where the system has none. */
  zoneAbbreviation(epochSeconds: number): string;
  /**
   * Writes a line, with its newline, to the standard error that Fluent Bit was started with. One that would have to wait for
   * its reader is lost; the next one that is written has their number.
   */
  writeMessage(text: string): void;
  /** Takes the pages of Node's code that are in memory out of the process; those that are used come back. */
  releaseCode(): void;
  /** Ends Fluent Bit at once. */
  exitProcess(status: number): never;
}

/** Modules of Node's that are loaded when they are first needed, while nothing can be waited for. */
export interface LateBuiltIns {
  /** For hashes. */
  readonly "node:crypto": typeof Crypto;
  /** For the files of time zones. */
  readonly "node:fs": typeof FileSystem;
}

/** The bootstrap script's `require`; Node keeps what it has loaded. */
export type LoadBuiltIn = <Name extends keyof LateBuiltIns>(name: Name) => LateBuiltIns[Name];
