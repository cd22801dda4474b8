/** Prints the user records of stream records, up to a number of them. */
import type { LineOf } from "./lines.js";
import type { StreamRecord } from "./stream_api.js";
import { userRecordsOf } from "./user_records.js";

/** Calls `written` when the text is out, and resolves when there is room for more. */
export type Write = (text: string, written: () => void) => Promise<void>;

/** Characters: so much is written at once, if a stream record has that many. */
const longText = 64 * 1024;

export class RecordPrinter {
  /** User records that have been written, so far. */
  printed = 0;
  /** With those that wait for their turn. */
  #taken = 0;
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
      let text = "";
      let count = 0;
      for (const user of userRecordsOf(shardId, record)) {
        if (this.#taken === this.#most) break;
        // Before any waiting: other shards are printed meanwhile.
        this.#taken++;
        count++;
        text += `${this.#lineOf(user)}\n`;
        if (text.length < longText) continue;
        await this.#print(text, count);
        text = "";
        count = 0;
      }
      if (count > 0) await this.#print(text, count);
    }
  };

  async #print(text: string, count: number): Promise<void> {
    const isLast = this.#taken === this.#most;
    await this.#write(text, () => (this.printed += count));
    if (isLast) this.#enough();
  }
}
