/** The lock of a file, how long to wait for it, and the error when another process holds it. */
import { ConfigurationError } from "../configuration_error.js";

/** Clock for waiting. */
export interface Clock {
  /** Returns monotonic milliseconds. */
  readonly now: () => number;
  /** Resolves after this time. */
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** A lock that this process has taken. */
export interface Lock {
  /** Returns whether this process still holds the lock: its file may have been removed or replaced. */
  isHeld(): Promise<boolean>;
  /** Releases the lock. Never rejects. */
  release(): Promise<void>;
}

/**
 * Maximum wait for a lock that another process holds. After Fluent Bit is killed, its Node.js process ends a moment later, and may still
 * run when the next Fluent Bit starts.
 */
export const maxWaitMs = 5000;
/** Time between two attempts to take the lock. */
export const pollMs = 100;

/** Returns the error for a file that another process uses. @param holder such as "process 42" */
export function inUseError(option: string, file: string, holder: string, advice = ""): ConfigurationError {
  return new ConfigurationError(`Invalid '${option}' value (${file}) specified, ${holder} uses it; give each Fluent Bit its own file${advice}`);
}
