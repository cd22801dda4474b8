/** Follows a stream: reads all its shards in parallel, and the shards that they are split or merged into. */
import type { Position } from "./position.js";
import { withRetries, type RetryPolicy } from "./retrying.js";
import { ShardReader, type TakeRecords } from "./shard_reader.js";
import type { StreamApi, StreamShard } from "./stream_api.js";

export interface Following {
  readonly api: StreamApi;
  readonly from: Position;
  /** The only shard to read; undefined for all. */
  readonly shardId: string | undefined;
  /** Retries while starting, when the user waits for the first output. */
  readonly startRetryPolicy: RetryPolicy;
  readonly retryPolicy: RetryPolicy;
  readonly take: TakeRecords;
  /** Called when the iterators of this many shards are open: "latest" counts from here. */
  readonly began: (shards: number) => void;
}

/** Error for a shard that is not in the stream; the message lists the stream's shards. */
export class NoSuchShardError extends Error {
  override readonly name = "NoSuchShardError";
}

export class StreamFollower {
  readonly #following: Following;
  readonly #started = new Set<string>();
  /** Shards whose children must wait: shards being read, and shards that wait themselves. */
  readonly #unfinished = new Set<string>();
  /** Parents of all shards that were listed, or reported at the end of a parent. */
  readonly #parents = new Map<string, readonly string[]>();
  /** Shards that were closed before the reading began, whose end is not reported. */
  readonly #closedBefore = new Set<string>();

  constructor(following: Following) {
    this.#following = following;
  }

  /** Number of shards that have been read or are being read. */
  get shards(): number {
    return this.#started.size;
  }

  /**
   * Resolves when all shards are closed and read to their end.
   * @throws the error of a request that is not retried, or NoSuchShardError
   */
  async follow(): Promise<void> {
    const { api, from, startRetryPolicy, began } = this.#following;
    const listed = await withRetries("listing the shards", () => api.listShards(), startRetryPolicy);
    this.#know(listed);
    const chosen = this.#choose(listed);
    for (const { id } of chosen) this.#unfinished.add(id);
    for (const { id, isOpen } of listed) if (!isOpen) this.#closedBefore.add(id);
    const first = this.#startReady(chosen);
    const readers = await Promise.all(
      first.map(async ({ id }) => {
        const reader = this.#reader(id, from);
        await reader.open();
        return { id, reader };
      }),
    );
    began(readers.length);
    await Promise.all(readers.map(({ id, reader }) => this.#read(id, reader)));
  }

  #choose(listed: readonly StreamShard[]): readonly StreamShard[] {
    const { from, shardId } = this.#following;
    if (shardId !== undefined) {
      const found = listed.filter(({ id }) => id === shardId);
      if (found.length > 0) return found;
      const ids = listed.map(({ id, isOpen }) => (isOpen ? id : `${id} (closed)`)).join(", ");
      throw new NoSuchShardError(`--shard '${shardId}' is not in the stream; its shards are ${ids}`);
    }
    return from.kind === "latest" ? listed.filter(({ isOpen }) => isOpen) : listed;
  }

  #reader(id: string, from: Position): ShardReader {
    const { api, retryPolicy, take } = this.#following;
    return new ShardReader(api, id, from, retryPolicy, take);
  }

  async #read(id: string, reader: ShardReader): Promise<void> {
    const reported = await reader.readToEnd();
    const children = reported.length > 0 ? reported : await this.#listChildren(id);
    const { shardId, from, retryPolicy } = this.#following;
    if (shardId !== undefined || !this.#closedBefore.has(id)) {
      const names = children.map((child) => child.id).join(", ");
      retryPolicy.report(`${id} is closed and was read to its end; it goes on in ${names === "" ? "no other shard" : names}`);
    }
    if (shardId !== undefined) return;
    await this.#knowParents(children);
    // No await between this and the start of its children: in between, grandchildren would seem to have no unfinished parent.
    this.#unfinished.delete(id);
    // All records of a child are newer than its parents', so after "latest" the whole child is read.
    const start: Position = from.kind === "latest" ? { kind: "trim-horizon" } : from;
    await Promise.all(
      this.#startReady(children).map(async (child) => {
        const childReader = this.#reader(child.id, start);
        await childReader.open();
        await this.#read(child.id, childReader);
      }),
    );
  }

  /** Returns and marks as started the shards whose ancestors are all read: this keeps the records of a key in order. */
  #startReady(shards: readonly StreamShard[]): readonly StreamShard[] {
    const next = shards.filter(({ id }) => !this.#started.has(id) && !this.#mustWait(id));
    for (const { id } of next) {
      this.#started.add(id);
      this.#unfinished.add(id);
    }
    return next;
  }

  /** Returns whether a parent is unfinished, or, through parents that were not started, an older ancestor is. */
  #mustWait(id: string): boolean {
    const ancestors = new Set(this.#parents.get(id));
    for (const parent of ancestors) {
      if (this.#unfinished.has(parent)) return true;
      if (this.#started.has(parent)) continue;
      // The loop also visits the added ones.
      for (const older of this.#parents.get(parent) ?? []) ancestors.add(older);
    }
    return false;
  }

  #know(shards: readonly StreamShard[]): void {
    for (const { id, parents } of shards) this.#parents.set(id, parents);
  }

  /** Learns the parents of shards. Lists again if one is unknown: a merged shard may have a parent from a split not yet reached. */
  async #knowParents(children: readonly StreamShard[]): Promise<void> {
    this.#know(children);
    const isKnown = children.every(({ parents }) => parents.every((parent) => this.#parents.has(parent)));
    if (!isKnown) await this.#list();
  }

  async #listChildren(id: string): Promise<readonly StreamShard[]> {
    return (await this.#list()).filter(({ parents }) => parents.includes(id));
  }

  async #list(): Promise<readonly StreamShard[]> {
    const { api, retryPolicy } = this.#following;
    const listed = await withRetries("listing the shards", () => api.listShards(), retryPolicy);
    this.#know(listed);
    return listed;
  }
}
