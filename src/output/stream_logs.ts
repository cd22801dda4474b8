/** Prefixes log messages with their stream, and limits the number of such messages per minute. */
import { prefixed, type Log, type LogLevel } from "../telemetry/log.js";

/** Maximum messages per minute about all streams of an output; further messages are logged at level debug. */
const maxMessagesPerMinute = 20;
const minuteMs = 60_000;

/** The logs of the streams of one output. */
export class StreamLogs {
  readonly #log: Log;
  readonly #now: () => number;
  #sinceMs = Number.NEGATIVE_INFINITY;
  #written = 0;
  #unwritten = 0;

  /** @param now returns milliseconds that never decrease */
  constructor(log: Log, now: () => number) {
    this.#log = log;
    this.#now = now;
  }

  /** Returns the log of a stream. */
  of(stream: string): Log {
    const log = prefixed(this.#log, `stream ${stream}: `);
    const at = (level: Exclude<LogLevel, "debug">) => (message: string) => {
      if (this.#mayWrite()) log[level](message);
      else log.debug(message);
    };
    return { debug: (message) => log.debug(message), info: at("info"), warning: at("warning"), error: at("error") };
  }

  #mayWrite(): boolean {
    const now = this.#now();
    if (now - this.#sinceMs >= minuteMs) {
      if (this.#unwritten > 0) {
        this.#log.info(`${this.#unwritten} messages about streams were logged at level debug, over the limit of ${maxMessagesPerMinute} per minute`);
      }
      this.#sinceMs = now;
      this.#written = 0;
      this.#unwritten = 0;
    }
    if (this.#written < maxMessagesPerMinute) this.#written++;
    else this.#unwritten++;
    return this.#unwritten === 0;
  }
}
