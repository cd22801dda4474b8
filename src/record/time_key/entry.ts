/** The entry of time_key. */
import type { Input } from "../../chunk/msgpack.js";
import { TextEntry } from "../text_entry.js";
import type { TimeFormat } from "./format.js";

/** The time entry of one output, rewritten for each event. */
export class TimeEntry extends TextEntry {
  readonly #format: TimeFormat;

  constructor(key: Input, format: TimeFormat) {
    super(key);
    this.#format = format;
  }

  /** Sets the value to the time of an event. */
  set(seconds: number, nanoseconds: number): void {
    this.setText(this.#format.format(seconds, nanoseconds));
  }
}
