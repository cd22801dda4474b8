/** Follows a stream: all its shards at once, and those that they are split or merged into. */
import type { Position } from "./position.js";
import { patiently, type Patience } from "./retrying.js";
import { ShardReader, type TakeRecords } from "./shard_reader.js";
import type { StreamApi, StreamShard } from "./stream_api.js";

export interface Following {
  readonly api: StreamApi;
  readonly from: Position;
  /** The only shard to read; undefined for all. */
  readonly shardId: string | undefined;
  /** For the beginning, when the user waits for an answer. */
  readonly shortPatience: Patience;
  readonly patience: Patience;
  readonly take: TakeRecords;
  /** Called when the places in so many shards are found: "latest" counts from here. */
  readonly began: (shards: number) => void;
}

/** The shard that was asked for is not in the stream; the message lists those that are. */
export class NoSuchShardError extends Error {
  override readonly name = "NoSuchShardError";
}

export class StreamFollower {
  readonly #following: Following;
  readonly #started = new Set<string>();
  /** Shards whose children must wait: those that are being read, and those that wait themselves. */
  readonly #unfinished = new Set<string>();
  /** Of all shards that were listed, or told at the end of one. */
  readonly #parents = new Map<string, readonly string[]>();
  /** Closed before the reading began, so that their end is no news. */
  readonly #closedBefore = new Set<string>();

  constructor(following: Following) {
    this.#following = following;
  }

  /** How many shards have been read or are being read. */
  get shards(): number {
    return this.#started.size;
  }

  /**
   * Resolves when no shard is left to read, which an open one prevents.
   * @throws what a request threw that is not tried again, or NoSuchShardError
   */
  async follow(): Promise<void> {
    const { api, from, shortPatience, began } = this.#following;
    const listed = await patiently("listing the shards", () => api.listShards(), shortPatience);
    this.#know(listed);
    const chosen = this.#choose(listed);
    for (const { id } of chosen) this.#unfinished.add(id);
    for (const { id, isOpen } of listed) if (!isOpen) this.#closedBefore.add(id);
    const first = this.#startWhoseTurnItIs(chosen);
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
    const { api, patience, take } = this.#following;
    return new ShardReader(api, id, from, patience, take);
  }

  async #read(id: string, reader: ShardReader): Promise<void> {
    const told = await reader.readToEnd();
    const children = told.length > 0 ? told : await this.#listChildren(id);
    const { shardId, from, patience } = this.#following;
    if (shardId !== undefined || !this.#closedBefore.has(id)) {
      const names = children.map((child) => child.id).join(", ");
      patience.tell(`${id} is closed and was read to its end; it goes on in ${names === "" ? "no other shard" : names}`);
    }
    if (shardId !== undefined) return;
    await this.#knowParents(children);
    // In one go with the start of its children: in between, theirs would seem to have nobody to wait for.
    this.#unfinished.delete(id);
    // All of a child's records came after those of its parents, so whoever began at the latest reads it whole.
    const start: Position = from.kind === "latest" ? { kind: "trim-horizon" } : from;
    await Promise.all(
      this.#startWhoseTurnItIs(children).map(async (child) => {
        const childReader = this.#reader(child.id, start);
        await childReader.open();
        await this.#read(child.id, childReader);
      }),
    );
  }

  /** A shard waits until all that came before it has been read, so that records of one key come in order. */
  #startWhoseTurnItIs(shards: readonly StreamShard[]): readonly StreamShard[] {
    const next = shards.filter(({ id }) => !this.#started.has(id) && !this.#mustWait(id));
    for (const { id } of next) {
      this.#started.add(id);
      this.#unfinished.add(id);
    }
    return next;
  }

  /** Whether a parent is unfinished, or one that was not begun has such a parent, and so on. */
  #mustWait(id: string): boolean {
    const before = new Set(this.#parents.get(id));
    for (const parent of before) {
      if (this.#unfinished.has(parent)) return true;
      if (this.#started.has(parent)) continue;
      // What is added is come upon by this loop.
      for (const older of this.#parents.get(parent) ?? []) before.add(older);
    }
    return false;
  }

  #know(shards: readonly StreamShard[]): void {
    for (const { id, parents } of shards) this.#parents.set(id, parents);
  }

  /** A merged shard may have a parent that came of a split which the reading has not reached. */
  async #knowParents(children: readonly StreamShard[]): Promise<void> {
    this.#know(children);
    const isKnown = children.every(({ parents }) => parents.every((parent) => this.#parents.has(parent)));
    if (!isKnown) await this.#list();
  }

  async #listChildren(id: string): Promise<readonly StreamShard[]> {
    return (await this.#list()).filter(({ parents }) => parents.includes(id));
  }

  async #list(): Promise<readonly StreamShard[]> {
    const { api, patience } = this.#following;
    const listed = await patiently("listing the shards", () => api.listShards(), patience);
    this.#know(listed);
    return listed;
  }
}
