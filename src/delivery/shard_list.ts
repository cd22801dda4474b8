/** Keeps the stream's shard map: asks for it, asks again when it proved wrong, and does without it where it can't be had. */
import { ShardMap, type Shard } from "../pack/shard_map.js";
import type { Log } from "../telemetry/log.js";
import type { RequestFailure } from "./put_records.js";

/** A page of a stream's open shards. */
export interface ShardPage {
  readonly kind: "listed";
  readonly shards: readonly Shard[];
  /** Leads to the next page; undefined on the last one. */
  readonly nextToken: string | undefined;
}

/** Asks the service for the open shards. Never rejects. */
export interface ShardLister {
  /**
   * One page.
   * @param nextToken of the page before; without one, the first
   * @param stream a name; the output's own stream when unset
   */
  listShards(nextToken?: string, stream?: string): Promise<ShardPage | RequestFailure>;
}

/** What the source needs of the world outside. */
export interface ShardListDependencies {
  readonly client: ShardLister;
  /** A name; the output's own stream when unset. */
  readonly stream?: string | undefined;
  /** What the list is for. */
  readonly use: keyof typeof uses;
  readonly log: Log;
  /** Milliseconds that only ever grow. */
  readonly now: () => number;
  /** Resolves after so long. */
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** What the user is told where the list cannot be had, and what for kinesis:ListShards is to be allowed. */
const uses = {
  aggregation: {
    without: "Records of different partition keys now share aggregated records, each of which goes to the shard of its first record",
    advice: "so that each key keeps to its own shard",
    again: "records are aggregated by shard",
  },
  throttling: {
    without: "While a shard throttles, fewer requests go to all shards",
    advice: "so that only records of that shard wait",
    again: "only records of a shard that throttles wait",
  },
} as const;

/** A flush waits no longer for the map; it goes without it, or with the one that there is. */
const longestWaitMs = { first: 2000, newer: 250 };
/** After a failure, and between two reloads: the service allows 1000 calls of ListShards in a second for a stream. */
const pauseMs = { afterFailure: 60_000, afterSuccess: 1000 };
/** Of 1000 shards each. */
const maxPages = 100;
/** Far more than a stream has: 20,000 are what an account gets on demand. */
const maxShards = 100_000;

/** The shard map of one stream of an output. */
export class ShardList {
  readonly #dependencies: ShardListDependencies;
  #map: ShardMap | undefined;
  #isWanted = true;
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  #loading: Promise<void> | undefined;
  /** The list that is being loaded has been waited for once: nobody waits for it again. */
  #isSlow = false;
  #hasFailed = false;

  constructor(dependencies: ShardListDependencies) {
    this.#dependencies = dependencies;
  }

  /** The newest map that can be had without a long wait; undefined before the first. */
  async current(): Promise<ShardMap | undefined> {
    const { now, sleep } = this.#dependencies;
    if (this.#isWanted && this.#loading === undefined && now() >= this.#notBeforeMs) {
      this.#isSlow = false;
      this.#loading = this.#load().finally(() => (this.#loading = undefined));
    }
    if (this.#loading === undefined || this.#isSlow) return this.#map;
    const waitMs = this.#map === undefined ? longestWaitMs.first : longestWaitMs.newer;
    const isLate = sleep(waitMs).then(() => true);
    this.#isSlow = await Promise.race([this.#loading.then(() => false), isLate]);
    return this.#map;
  }

  /** The newest map that there is; undefined before the first. */
  get latest(): ShardMap | undefined {
    return this.#map;
  }

  /** Records landed in other shards than the map says: the list is loaded again. */
  invalidate(): void {
    this.#isWanted = true;
  }

  async #load(): Promise<void> {
    const { log, now, use } = this.#dependencies;
    const { without, advice, again } = uses[use];
    this.#isWanted = false;
    const listed = await this.#listAll();
    if (Array.isArray(listed)) {
      // The same map stays the same: chunks whose records were aggregated by different ones follow one another.
      if (this.#map?.hasAll(listed) !== true) this.#map = new ShardMap(listed);
      this.#notBeforeMs = now() + pauseMs.afterSuccess;
      log.debug(`The stream has ${listed.length} open shards`);
      if (this.#hasFailed) log.info(`The list of shards can be had again; ${again}`);
      this.#hasFailed = false;
      return;
    }
    this.#isWanted = true;
    this.#notBeforeMs = now() + pauseMs.afterFailure;
    const message = `ListShards failed with ${listed.code}: ${listed.message}`;
    const isClosed = listed.code === "AbortError";
    if (this.#hasFailed || this.#map !== undefined || isClosed) {
      log.debug(message);
      return;
    }
    this.#hasFailed = true;
    const permission = listed.code === "AccessDeniedException" ? `; allow kinesis:ListShards on the stream, ${advice}` : "";
    const told = `${message}. ${without}${permission}. Asking again each minute`;
    if (use === "aggregation") log.warning(told);
    else log.info(told);
  }

  async #listAll(): Promise<Shard[] | RequestFailure> {
    const { client, stream } = this.#dependencies;
    const shards: Shard[] = [];
    let nextToken: string | undefined;
    for (let pages = 0; pages < maxPages; pages++) {
      const page = await client.listShards(nextToken, stream);
      if (page.kind === "failed") return page;
      for (const shard of page.shards) shards.push(shard);
      nextToken = page.nextToken;
      if (nextToken === undefined || shards.length > maxShards) break;
    }
    if (shards.length > maxShards) {
      return { kind: "failed", code: "InvalidResponse", message: `the list has more than ${maxShards} shards; is it a Kinesis endpoint?`, cause: "transient" };
    }
    if (shards.length > 0) return shards;
    return { kind: "failed", code: "InvalidResponse", message: "the list has no open shard", cause: "transient" };
  }
}
