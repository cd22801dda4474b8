// A Kinesis client whose requests wait until a test completes them, in any order.
import type { Entry, EntryTable, EntryView } from "../../src/pack/entry_table.js";
import type { PutRecordsClient, PutRecordsOutcome } from "../../src/delivery/kinesis_client.js";
import { viewsOf } from "./entry.js";
import { settled } from "./fake_clock.js";
import { allTaken, keysOf } from "./scripted_client.js";

export interface HeldRequest {
  readonly entries: readonly EntryView[];
  /** Undefined for the output's own stream. */
  readonly stream: string | undefined;
  readonly answer: (outcome: PutRecordsOutcome) => void;
  readonly reject: (error: Error) => void;
}

export class HeldClient implements PutRecordsClient {
  /** All requests, in the order in which they started. */
  readonly requests: HeldRequest[] = [];
  readonly underWay: HeldRequest[] = [];
  maxUnderWay = 0;
  readonly #started: (entries: readonly EntryView[]) => void;

  /** @param started called for each request, which is in flight by then */
  constructor(started: (entries: readonly EntryView[]) => void = () => undefined) {
    this.#started = started;
  }

  putRecords(table: EntryTable, entries: readonly Entry[], stream?: string): Promise<PutRecordsOutcome> {
    return this.hold(viewsOf(table, entries), stream);
  }

  /** Holds a request until the test completes it. */
  hold(entries: readonly EntryView[], stream?: string): Promise<PutRecordsOutcome> {
    return new Promise((resolve, reject) => {
      const end = () => void this.underWay.splice(this.underWay.indexOf(request), 1);
      const request: HeldRequest = {
        entries,
        stream,
        answer: (outcome) => {
          end();
          resolve(outcome);
        },
        reject: (error) => {
          end();
          reject(error);
        },
      };
      this.requests.push(request);
      this.underWay.push(request);
      this.maxUnderWay = Math.max(this.maxUnderWay, this.underWay.length);
      this.#started(entries);
    });
  }

  /** Keys of the requests in flight. */
  get keysUnderWay(): string[][] {
    return this.underWay.map(({ entries }) => keysOf(entries));
  }

  /** Completes the request at this index among those in flight, and waits for all consequences. */
  async answer(place: number, outcome: PutRecordsOutcome = allTaken): Promise<void> {
    const request = this.underWay[place];
    if (request === undefined) throw new Error(`only ${this.underWay.length} requests are in flight`);
    request.answer(outcome);
    await settled();
  }

  /** Completes all requests in flight and all that follow, with `outcomeOf`. */
  async answerAll(outcomeOf: (entries: readonly EntryView[]) => PutRecordsOutcome = () => allTaken): Promise<void> {
    await settled();
    while (this.underWay.length > 0) await this.answer(0, outcomeOf(this.underWay[0]?.entries ?? []));
  }

  close(): void {
    throw new Error("this client must not be closed");
  }
}
