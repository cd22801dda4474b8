/** Writes log messages to standard error, in the Go plugin's format (logrus, TextFormatter), or to Fluent Bit's log. */
import { logText } from "./log_text.js";

/** Log levels, from the least to the most important. */
export const logLevels = ["debug", "info", "warning", "error"] as const;
/** One of {@link logLevels}. */
export type LogLevel = (typeof logLevels)[number];

/** A log. */
export interface Log {
  /** Logs a detail for debugging. */
  debug(message: string): void;
  /** Logs an event of interest to an operator. */
  info(message: string): void;
  /** Logs a possible problem. */
  warning(message: string): void;
  /** Logs a failure. */
  error(message: string): void;
}

/**
 * Creates a log that writes messages of level `threshold` and above.
 * @param now returns milliseconds since the epoch
 * @param write writes a line, given with its newline
 */
export function createLog(threshold: LogLevel, now: () => number, write: (line: string) => void): Log {
  const minLevel = logLevels.indexOf(threshold);
  const at = (level: LogLevel) => (message: string) => {
    if (logLevels.indexOf(level) < minLevel) return;
    const time = `${new Date(now()).toISOString().slice(0, 19)}Z`;
    write(`time="${time}" level=${level} msg="${logText(message, true)}"\n`);
  };
  return { debug: at("debug"), info: at("info"), warning: at("warning"), error: at("error") };
}

/** Access to Fluent Bit's log. */
export interface HostLog {
  /** Logs a message; returns false when Fluent Bit's log is currently out of reach. Levels are Fluent Bit's, see {@link hostLevels}. */
  readonly log: (level: number, text: string) => boolean;
  /** Writes a line, given with its newline, to standard error instead. */
  readonly write: (line: string) => void;
  /** Returns milliseconds since the epoch. */
  readonly now: () => number;
}

/** Log levels of Fluent Bit. Source: Fluent Bit, include/fluent-bit/flb_log.h. */
export const hostLevels = { error: 1, warning: 2, info: 3, debug: 4 } as const;

/**
 * Creates a log that writes to Fluent Bit's log.
 * @param threshold returns the most verbose level to write; 0 writes nothing
 */
export function createHostLog(threshold: () => number, { log, write, now }: HostLog): Log {
  const at = (level: number, title: string) => (message: string) => {
    if (level > threshold()) return;
    const line = logText(message);
    if (log(level, line)) return;
    write(`[${hostTime(new Date(now()))}] [${title}] ${line}\n`);
  };
  return {
    debug: at(hostLevels.debug, "debug"),
    info: at(hostLevels.info, " info"),
    warning: at(hostLevels.warning, " warn"),
    error: at(hostLevels.error, "error"),
  };
}

/** Formats a time as in Fluent Bit's log, in the local zone. Source: Fluent Bit, src/flb_log.c, log_prepare_header. */
function hostTime(time: Date): string {
  const digits = (value: number, count = 2) => String(value).padStart(count, "0");
  const day = [time.getFullYear(), digits(time.getMonth() + 1), digits(time.getDate())].join("/");
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map((value) => digits(value)).join(":");
  return `${day} ${clock}.${digits(time.getMilliseconds(), 3)}`;
}

/** Returns a log that puts a prefix such as "[kinesis 0] " before each message. */
export function prefixed(log: Log, prefix: string): Log {
  return {
    debug: (message) => log.debug(prefix + message),
    info: (message) => log.info(prefix + message),
    warning: (message) => log.warning(prefix + message),
    error: (message) => log.error(prefix + message),
  };
}

const pauseMs = 60_000;

/** A message about single records or failures: logged immediately the first time, then at most once a minute with a count. */
export class RepeatedMessage {
  readonly #write: (message: string) => void;
  readonly #now: () => number;
  readonly #counted: string;
  #lastWrittenMs = Number.NEGATIVE_INFINITY;
  #unreported = 0;

  /**
   * @param now returns milliseconds that never decrease
   * @param counted the plural noun for the count, such as "failures"
   */
  constructor(write: (message: string) => void, now: () => number, counted = "records") {
    this.#write = write;
    this.#now = now;
    this.#counted = counted;
  }

  /** Counts `times` occurrences, and logs the message when the last one is at least a minute old. */
  report(message: string, times = 1): void {
    if (times === 0) return;
    this.#unreported += times;
    const now = this.#now();
    if (now - this.#lastWrittenMs < pauseMs) return;
    const count = this.#unreported === 1 ? "" : ` (${this.#unreported} ${this.#counted} since the last such message)`;
    this.#write(message + count);
    this.#lastWrittenMs = now;
    this.#unreported = 0;
  }
}
