/** Says what a lock of a file is, and how long one that another process has is waited for. */
import { ConfigurationError } from "../configuration_error.js";

/** The clock of a wait. */
export interface Clock {
  /** Returns milliseconds that never decrease. */
  readonly now: () => number;
  /** Resolves after this time. */
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** A lock that this process took. */
export interface Lock {
  /** Whether it is still this process's: somebody may have removed or replaced the file. */
  isHeld(): Promise<boolean>;
  /** Gives it back. Never rejects. */
  release(): Promise<void>;
}

/**
 * For which a process that has the lock is waited for: the process of Node.js ends a moment after the Fluent Bit that was killed, and may
 * be met by the next one.
 */
export const patienceMs = 5000;
/** Between two tries. */
export const stepMs = 100;

/** What to tell when another process keeps the file. @param holder such as "process 42" */
export function inUse(option: string, file: string, holder: string, advice = ""): ConfigurationError {
  return new ConfigurationError(`Invalid '${option}' value (${file}) specified, ${holder} uses it; give each Fluent Bit a file of its own${advice}`);
}
