/** Knows the log levels of the open outputs, for messages of the plugin that belong to none of them. */
import { hostLevels } from "./log.js";

/** Levels are Fluent Bit's, 0 for off. */
export class OutputLevels {
  readonly #levels = new Map<number, number>();

  /** Takes the level of an output from its init on. @param number the output's */
  open(number: number, level: number): void {
    this.#levels.set(number, level);
  }

  /** Forgets an output that has ended, or that could not be opened. */
  close(number: number): void {
    this.#levels.delete(number);
  }

  /** Returns the level of the most talkative output, so that no output silences the others; info without outputs. */
  get highest(): number {
    return this.#levels.size === 0 ? hostLevels.info : Math.max(...this.#levels.values());
  }
}
