/** Tracks the log levels of the open outputs, to choose the level for messages that belong to no output. */
import { hostLevels } from "./log.js";

/** Log levels of the open outputs, as Fluent Bit numbers them; 0 is off. */
export class OutputLevels {
  readonly #levels = new Map<number, number>();

  /** Adds an output. @param number the output's number */
  open(number: number, level: number): void {
    this.#levels.set(number, level);
  }

  /** Removes an output that has ended, or could not be opened. */
  close(number: number): void {
    this.#levels.delete(number);
  }

  /** The most verbose level, so that no output silences the others; info without outputs. */
  get highest(): number {
    return this.#levels.size === 0 ? hostLevels.info : Math.max(...this.#levels.values());
  }
}
