/** Reads one shard until it is closed and read to its end. */
import type { Position } from "./position.js";
import { withRetries, type RetryPolicy } from "./retrying.js";
import type { Page, StreamApi, StreamRecord, StreamShard } from "./stream_api.js";

/** Takes records; the reader waits for its promise, so that records do not pile up before a slow pipe. */
export type TakeRecords = (shardId: string, records: readonly StreamRecord[]) => Promise<void>;

/** Time between reads. A shard allows five per second for all its readers. Source: Kinesis Data Streams, Quotas and limits. */
export const busyPauseMs = 250;
/** Time between reads when there are no new records. */
export const idlePauseMs = 1000;

export class ShardReader {
  readonly #api: StreamApi;
  readonly #shardId: string;
  readonly #retryPolicy: RetryPolicy;
  readonly #take: TakeRecords;
  #position: Position;
  #iterator = "";

  constructor(api: StreamApi, shardId: string, from: Position, retryPolicy: RetryPolicy, take: TakeRecords) {
    this.#api = api;
    this.#shardId = shardId;
    this.#position = from;
    this.#retryPolicy = retryPolicy;
    this.#take = take;
  }

  /** Gets the iterator to start with; "latest" means now. */
  async open(): Promise<void> {
    const openedMs = this.#retryPolicy.clock.now();
    const request = (): Promise<string> => this.#api.iteratorAt(this.#shardId, this.#position);
    this.#iterator = await withRetries(`getting an iterator of ${this.#shardId}`, request, this.#retryPolicy);
    // If this iterator expires before the first record, a second "latest" would skip the records in between.
    if (this.#position.kind === "latest") this.#position = { kind: "time", time: new Date(openedMs) };
  }

  /** Reads until the shard is closed and read to its end; resolves with the shards that it was split or merged into. */
  async readToEnd(): Promise<readonly StreamShard[]> {
    const { clock } = this.#retryPolicy;
    for (;;) {
      const beganMs = clock.now();
      const page = await this.#readPage();
      let pauseMs = busyPauseMs;
      if (page !== undefined) {
        const { records, next, millisBehind, children } = page;
        const last = records.at(-1);
        if (last !== undefined) {
          await this.#take(this.#shardId, records);
          this.#position = { kind: "after", sequenceNumber: last.sequenceNumber };
        }
        if (next === undefined) return children;
        this.#iterator = next;
        if (last === undefined && millisBehind === 0) pauseMs = idlePauseMs;
      }
      await clock.sleep(Math.max(0, beganMs + pauseMs - clock.now()));
    }
  }

  /** Returns undefined after replacing an expired iterator (5 minutes old, for example after the machine slept). */
  async #readPage(): Promise<Page | undefined> {
    try {
      return await withRetries(`reading ${this.#shardId}`, () => this.#api.read(this.#iterator), this.#retryPolicy);
    } catch (error) {
      if (!(error instanceof Error) || error.name !== "ExpiredIteratorException") throw error;
      await this.open();
      return undefined;
    }
  }
}
