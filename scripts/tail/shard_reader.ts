/** Reads one shard to its end, which an open shard does not have. */
import type { Position } from "./position.js";
import { patiently, type Patience } from "./retrying.js";
import type { Page, StreamApi, StreamRecord, StreamShard } from "./stream_api.js";

/** Takes records; what it returns is waited for, so that they do not pile up before a slow pipe. */
export type TakeRecords = (shardId: string, records: readonly StreamRecord[]) => Promise<void>;

/** A shard takes five reads a second, from all who read it. Source: Kinesis Data Streams, Quotas and limits. */
export const busyPauseMs = 250;
/** When nothing new was there. */
export const idlePauseMs = 1000;

export class ShardReader {
  readonly #api: StreamApi;
  readonly #shardId: string;
  readonly #patience: Patience;
  readonly #take: TakeRecords;
  #position: Position;
  #iterator = "";

  constructor(api: StreamApi, shardId: string, from: Position, patience: Patience, take: TakeRecords) {
    this.#api = api;
    this.#shardId = shardId;
    this.#position = from;
    this.#patience = patience;
    this.#take = take;
  }

  /** Finds the place to begin at; "latest" is that of this moment. */
  async open(): Promise<void> {
    const openedMs = this.#patience.clock.now();
    const ask = (): Promise<string> => this.#api.iteratorAt(this.#shardId, this.#position);
    this.#iterator = await patiently(`finding the place in ${this.#shardId}`, ask, this.#patience);
    // A second "latest", for an iterator that expired before any record came, would skip what came meanwhile.
    if (this.#position.kind === "latest") this.#position = { kind: "time", time: new Date(openedMs) };
  }

  /** Resolves with the shards that it was split or merged into, once it was closed and all has been read. */
  async readToEnd(): Promise<readonly StreamShard[]> {
    const { clock } = this.#patience;
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

  /** Undefined when the iterator had expired (after five minutes, of a machine's sleep perhaps) and there is a new one. */
  async #readPage(): Promise<Page | undefined> {
    try {
      return await patiently(`reading ${this.#shardId}`, () => this.#api.read(this.#iterator), this.#patience);
    } catch (error) {
      if (!(error instanceof Error) || error.name !== "ExpiredIteratorException") throw error;
      await this.open();
      return undefined;
    }
  }
}
