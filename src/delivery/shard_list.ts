/** Loads a stream's shard map, reloads it when it proves wrong, and retries each minute while ListShards fails. */
import { ShardMap, type Shard } from "../pack/shard_map.js";
import type { Log } from "../telemetry/log.js";
import type { RequestFailure } from "./kinesis_client.js";

/** A page of a stream's open shards. */
export interface ShardPage {
  readonly kind: "listed";
  readonly shards: readonly Shard[];
  /** The token of the next page; undefined on the last page. */
  readonly nextToken: string | undefined;
}

/** Requests the open shards from the service. Its promises never reject. */
export interface ShardLister {
  /**
   * Returns one page.
   * @param nextToken the token of the previous page; unset for the first page
   * @param stream a stream's name; the output's own stream when unset
   */
  listShards(nextToken?: string, stream?: string): Promise<ShardPage | RequestFailure>;
}

/** The dependencies of a {@link ShardList}. */
export interface ShardListDependencies {
  readonly client: ShardLister;
  /** The stream's name; the output's own stream when unset. */
  readonly stream?: string | undefined;
  /** The purpose of the list. */
  readonly use: keyof typeof uses;
  readonly log: Log;
  /** Returns milliseconds that never decrease. */
  readonly now: () => number;
  /** Resolves after this time. */
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** Message texts for each use: the effect of a missing list, why to allow kinesis:ListShards, and the effect of its return. */
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

/** Maximum wait of a flush for the first map and for a newer one; the flush then continues without a map or with the old one. */
const maxWaitMs = { first: 2000, newer: 250 };
/** Minimum time from one load to the next. The service allows 1000 calls of ListShards per second for a stream. */
const pauseMs = { afterFailure: 60_000, afterSuccess: 1000 };
/** Maximum pages of a list, each of 1000 shards. */
const maxPages = 100;
/** Maximum shards of a list, far more than a stream has: an account gets 20,000 on demand. */
const maxShards = 100_000;

/** The shard map of one stream of an output. */
export class ShardList {
  readonly #dependencies: ShardListDependencies;
  #map: ShardMap | undefined;
  #isWanted = true;
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  #loading: Promise<void> | undefined;
  /** Whether one flush waited in vain for the current load: further flushes do not wait for it. */
  #isSlow = false;
  #hasFailed = false;

  constructor(dependencies: ShardListDependencies) {
    this.#dependencies = dependencies;
  }

  /** Resolves to the newest map within `maxWaitMs`; to undefined before the first map. Starts a load when one is due. */
  async current(): Promise<ShardMap | undefined> {
    const { now, sleep } = this.#dependencies;
    if (this.#isWanted && this.#loading === undefined && now() >= this.#notBeforeMs) {
      this.#isSlow = false;
      this.#loading = this.#load().finally(() => (this.#loading = undefined));
    }
    if (this.#loading === undefined || this.#isSlow) return this.#map;
    const waitMs = this.#map === undefined ? maxWaitMs.first : maxWaitMs.newer;
    const isLate = sleep(waitMs).then(() => true);
    this.#isSlow = await Promise.race([this.#loading.then(() => false), isLate]);
    return this.#map;
  }

  /** The newest map; undefined before the first. */
  get latest(): ShardMap | undefined {
    return this.#map;
  }

  /** Requests a reload, since records landed in other shards than the map says. */
  invalidate(): void {
    this.#isWanted = true;
  }

  async #load(): Promise<void> {
    const { log, now, use } = this.#dependencies;
    const { without, advice, again } = uses[use];
    this.#isWanted = false;
    const listed = await this.#listAll();
    if (Array.isArray(listed)) {
      // Keeps the map object when nothing changed: chunks aggregated by different map objects are sent one after the other.
      if (this.#map?.hasAll(listed) !== true) this.#map = new ShardMap(listed);
      this.#notBeforeMs = now() + pauseMs.afterSuccess;
      log.debug(`The stream has ${listed.length} open shards`);
      if (this.#hasFailed) log.info(`ListShards works again; ${again}`);
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
    const warning = `${message}. ${without}${permission}. Retrying each minute`;
    if (use === "aggregation") log.warning(warning);
    else log.info(warning);
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
