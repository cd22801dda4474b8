/** Messages: on standard error in the form of the Go plugin's logger (logrus, TextFormatter), or in Fluent Bit's log. */
import { logText } from "./log_text.js";

/** From the least to the most important. */
export const logLevels = ["debug", "info", "warning", "error"] as const;
/** One of {@link logLevels}. */
export type LogLevel = (typeof logLevels)[number];

/** Where messages go. */
export interface Log {
  /** What helps in a search for a fault. */
  debug(message: string): void;
  /** What an operator may want to know. */
  info(message: string): void;
  /** What may be wrong. */
  warning(message: string): void;
  /** What failed. */
  error(message: string): void;
}

/**
 * A log that writes lines from `threshold` on.
 * @param now milliseconds since the epoch
 * @param write takes a line with its newline
 */
export function createLog(threshold: LogLevel, now: () => number, write: (line: string) => void): Log {
  const least = logLevels.indexOf(threshold);
  const at = (level: LogLevel) => (message: string) => {
    if (logLevels.indexOf(level) < least) return;
    const time = `${new Date(now()).toISOString().slice(0, 19)}Z`;
    write(`time="${time}" level=${level} msg="${logText(message, true)}"\n`);
  };
  return { debug: at("debug"), info: at("info"), warning: at("warning"), error: at("error") };
}

/** Fluent Bit's log, as far as a message reaches it. */
export interface HostLog {
  /** Takes a message; false when it cannot at the moment. Levels are Fluent Bit's, see {@link hostLevels}. */
  readonly log: (level: number, text: string) => boolean;
  /** Takes a line, with its newline, that goes to standard error instead. */
  readonly write: (line: string) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Source: Fluent Bit, include/fluent-bit/flb_log.h. */
export const hostLevels = { error: 1, warning: 2, info: 3, debug: 4 } as const;

/**
 * A log in Fluent Bit's.
 * @param threshold returns the most talkative level that is written, 0 for no level
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

/** In the local zone. Source: Fluent Bit, src/flb_log.c, log_prepare_header. */
function hostTime(time: Date): string {
  const digits = (value: number, count = 2) => String(value).padStart(count, "0");
  const day = [time.getFullYear(), digits(time.getMonth() + 1), digits(time.getDate())].join("/");
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map((value) => digits(value)).join(":");
  return `${day} ${clock}.${digits(time.getMilliseconds(), 3)}`;
}

/** The same log with a prefix such as "[kinesis 0] ". */
export function prefixed(log: Log, prefix: string): Log {
  return {
    debug: (message) => log.debug(prefix + message),
    info: (message) => log.info(prefix + message),
    warning: (message) => log.warning(prefix + message),
    error: (message) => log.error(prefix + message),
  };
}

const oncePerMs = 60_000;

/** A message about single records or failures: written at once the first time, then at most once a minute with a count. */
export class RepeatedMessage {
  readonly #write: (message: string) => void;
  readonly #now: () => number;
  readonly #counted: string;
  #lastWrittenMs = Number.NEGATIVE_INFINITY;
  #unreported = 0;

  /**
   * @param now milliseconds that only ever grow
   * @param counted what each message is about
   */
  constructor(write: (message: string) => void, now: () => number, counted = "records") {
    this.#write = write;
    this.#now = now;
    this.#counted = counted;
  }

  /** Counts `times` occurrences, and writes when the last message is a minute old. */
  report(message: string, times = 1): void {
    if (times === 0) return;
    this.#unreported += times;
    const now = this.#now();
    if (now - this.#lastWrittenMs < oncePerMs) return;
    const count = this.#unreported === 1 ? "" : ` (${this.#unreported} ${this.#counted} since the last such message)`;
    this.#write(message + count);
    this.#lastWrittenMs = now;
    this.#unreported = 0;
  }
}
