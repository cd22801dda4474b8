/** Prints the user records of stream records, up to a number of them. */
import type { LineOf } from "./lines.js";
import type { StreamRecord } from "./stream_api.js";
import { userRecordsOf } from "./user_records.js";

/** Resolves when there is room for more. */
export type Write = (text: string) => Promise<void>;

export class RecordPrinter {
  /** User records, so far. */
  printed = 0;
  readonly #lineOf: LineOf;
  readonly #write: Write;
  readonly #most: number;
  readonly #enough: () => void;

  /**
   * @param most user records; undefined for no end
   * @param enough called once, when so many have been written
   */
  constructor(lineOf: LineOf, write: Write, most: number | undefined, enough: () => void) {
    this.#lineOf = lineOf;
    this.#write = write;
    this.#most = most ?? Number.POSITIVE_INFINITY;
    this.#enough = enough;
  }

  readonly take = async (shardId: string, records: readonly StreamRecord[]): Promise<void> => {
    for (const record of records) {
      // Counted before any waiting: other shards are printed meanwhile.
      const users = userRecordsOf(shardId, record).slice(0, this.#most - this.printed);
      if (users.length === 0) continue;
      this.printed += users.length;
      const isLast = this.printed === this.#most;
      await this.#write(users.map((user) => `${this.#lineOf(user)}\n`).join(""));
      if (isLast) this.#enough();
    }
  };
}
