/** Logs that nothing could be sent for too long, and ends Fluent Bit. */
import type { Log } from "../telemetry/log.js";

/** Time for the last messages: a thread of Fluent Bit passes them to its log, and the log's thread writes them. */
const lastMessagesMs = 1000;

/** Dependencies of the quitter. */
export interface QuitterDependencies {
  readonly log: Log;
  /** Resolves after this time. */
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Ends the process immediately; unwritten data is lost. */
  readonly exitProcess: (status: number) => void;
}

/** Returns a function that logs the reason and ends the process; later calls have no effect. */
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
