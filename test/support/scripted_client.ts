// A Kinesis client that returns outcomes by a script and keeps its requests.
import type { Entry, EntryTable, EntryView } from "../../src/pack/entry_table.js";
import type { Shard } from "../../src/pack/shard_map.js";
import type { FailureCause, PutRecordsClient, PutRecordsOutcome, RequestFailure } from "../../src/delivery/kinesis_client.js";
import type { ShardLister, ShardPage } from "../../src/delivery/shard_list.js";
import { entryOf as entryWith, keyOf, viewsOf } from "./entry.js";

/** A request's outcome, or a function that finds it. */
export type Step = PutRecordsOutcome | ((entries: readonly EntryView[], stream?: string) => PutRecordsOutcome | Promise<PutRecordsOutcome>);

export const allTaken: PutRecordsOutcome = { kind: "answered", failed: [], strayed: 0 };

/** Returns an outcome in which the entries at these positions failed. */
export function failedAt(...indexes: number[]): PutRecordsOutcome {
  return failedWith("InternalFailure", ...indexes);
}

export function failedWith(code: string, ...indexes: number[]): PutRecordsOutcome {
  const failed = indexes.map((index) => ({ index, code, message: `${code} at ${index}` }));
  return { kind: "answered", failed, strayed: 0 };
}

/** Returns the outcome of a request that failed as a whole. */
export function requestFailed(code: string, cause: FailureCause): PutRecordsOutcome {
  return { kind: "failed", code, message: `${code} happened`, cause };
}

export class ScriptedClient implements PutRecordsClient, ShardLister {
  readonly requests: (readonly EntryView[])[] = [];
  /** Stream of each request; undefined for the output's own. */
  readonly streams: (string | undefined)[] = [];
  closed = 0;
  readonly #script: Step[];
  readonly #afterwards: Step;
  readonly #underWay = new Set<(outcome: PutRecordsOutcome) => void>();

  /** @param afterwards outcome of all requests after the script's end */
  constructor(script: readonly Step[], afterwards: Step = allTaken) {
    this.#script = [...script];
    this.#afterwards = afterwards;
  }

  async putRecords(table: EntryTable, sent: readonly Entry[], stream?: string): Promise<PutRecordsOutcome> {
    this.streams.push(stream);
    const entries = viewsOf(table, sent);
    this.requests.push(entries);
    const step = this.#script.shift() ?? this.#afterwards;
    return typeof step === "function" ? this.#untilClosed(step(entries, stream)) : step;
  }

  /** Listed shards; listing fails if there are none. */
  shards: readonly Shard[] = [];
  listings = 0;

  /** Stream of each listing. */
  readonly listed: (string | undefined)[] = [];

  listShards(_?: string, stream?: string): Promise<ShardPage | RequestFailure> {
    this.listings++;
    this.listed.push(stream);
    const denied = { kind: "failed", code: "AccessDeniedException", message: "not allowed", cause: "setup" } as const;
    const page = { kind: "listed", shards: this.shards, nextToken: undefined } as const;
    return Promise.resolve(this.shards.length > 0 ? page : denied);
  }

  /** Ends the requests in flight, as the real client does. */
  close(): void {
    this.closed++;
    for (const end of this.#underWay) end(requestFailed("AbortError", "setup"));
  }

  #untilClosed(outcome: PutRecordsOutcome | Promise<PutRecordsOutcome>): PutRecordsOutcome | Promise<PutRecordsOutcome> {
    if (!(outcome instanceof Promise)) return outcome;
    return new Promise((resolve, reject) => {
      this.#underWay.add(resolve);
      outcome.finally(() => this.#underWay.delete(resolve)).then(resolve, reject);
    });
  }
}

/** Returns an entry with this key, without real bytes. */
export function entryOf(partitionKey: string, sizeBytes = 10, events: number | readonly number[] = 0): EntryView {
  return entryWith({ partitionKey, sizeBytes, events });
}

/** Returns this many entries with the keys "0", "1" and so on. */
export function entriesOf(count: number, sizeBytes = 10): EntryView[] {
  return Array.from({ length: count }, (_, index) => entryOf(String(index), sizeBytes, index));
}

export function keysOf(entries: readonly EntryView[]): string[] {
  return entries.map(keyOf);
}
