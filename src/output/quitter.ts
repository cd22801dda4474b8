/** Ends Fluent Bit when nothing could be sent for too long, and lets its log have the reason before. */
import type { Log } from "../telemetry/log.js";

/** How long the last messages have: Fluent Bit's thread hands them to its log, whose own thread writes them. */
const lastMessagesMs = 1000;

/** What the end takes from outside. */
export interface QuitterDependencies {
  readonly log: Log;
  /** Resolves after so long. */
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Ends the process at once, and with it all that has not been written. */
  readonly exitProcess: (status: number) => void;
}

/** Returns a function that says why and ends the process; its later calls do nothing. */
export function quitter({ log, sleep, exitProcess }: QuitterDependencies): (timeoutMs: number) => void {
  let isQuitting = false;
  return (timeoutMs) => {
    if (isQuitting) return;
    isQuitting = true;
    log.error(`timeout threshold reached: Failed to send logs for ${timeoutMs / 1000}s`);
    log.error("Quitting Fluent Bit");
    void sleep(lastMessagesMs).then(() => {
      exitProcess(1);
    });
  };
}
