/** Prints the user records of stream records, up to a number of them. */
import type { LineOf } from "./lines.js";
import type { StreamRecord } from "./stream_api.js";
import { userRecordsOf } from "./user_records.js";

/** Writes a text; calls `written` when the output has accepted it, and resolves when there is room for more. */
export type Write = (text: string, written: () => void) => Promise<void>;

/** Characters of a stream record's lines that are written at once. */
const writeCharacters = 64 * 1024;

export class RecordPrinter {
  /** Number of user records written so far. */
  printed = 0;
  /** Number of user records written or waiting for their turn. */
  #taken = 0;
  readonly #lineOf: LineOf;
  readonly #write: Write;
  readonly #max: number;
  readonly #done: () => void;

  /**
   * @param max maximum number of user records; undefined for no maximum
   * @param done called once, when that many have been written
   */
  constructor(lineOf: LineOf, write: Write, max: number | undefined, done: () => void) {
    this.#lineOf = lineOf;
    this.#write = write;
    this.#max = max ?? Number.POSITIVE_INFINITY;
    this.#done = done;
  }

  readonly take = async (shardId: string, records: readonly StreamRecord[]): Promise<void> => {
    for (const record of records) {
      let text = "";
      let count = 0;
      for (const user of userRecordsOf(shardId, record)) {
        if (this.#taken === this.#max) break;
        // Counts before it waits: other shards print meanwhile.
        this.#taken++;
        count++;
        text += `${this.#lineOf(user)}\n`;
        if (text.length < writeCharacters) continue;
        await this.#print(text, count);
        text = "";
        count = 0;
      }
      if (count > 0) await this.#print(text, count);
    }
  };

  async #print(text: string, count: number): Promise<void> {
    const isLast = this.#taken === this.#max;
    await this.#write(text, () => (this.printed += count));
    if (isLast) this.#done();
  }
}
