// A stream in memory for reading: its shards, its records, and failures that a test inserts before responses.
import type { Position } from "../../scripts/tail/position.js";
import type { Page, StreamApi, StreamRecord, StreamShard } from "../../scripts/tail/stream_api.js";

interface ScriptedShard {
  readonly parents: readonly string[];
  readonly records: StreamRecord[];
  isOpen: boolean;
}

/** Returns an error as the SDK throws it. */
export function sdkError(name: string, status = 400, message = `${name} happened`): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } });
}

export class ScriptedStream implements StreamApi {
  /** Calls, such as "list", "a latest", "a read". */
  readonly calls: string[] = [];
  /** Errors of the next reads, of any shard. */
  readonly readFailures: Error[] = [];
  readonly listFailures: Error[] = [];
  /** Maximum records per response. */
  pageRecords = 10;
  /** MillisBehindLatest of responses at the end of the records. */
  millisBehind = 0;
  /** Whether the last page of a closed shard reports its children. */
  reportsChildren = true;
  readonly #shards = new Map<string, ScriptedShard>();
  #records = 0;

  addShard(id: string, ...parents: string[]): void {
    this.#shards.set(id, { parents, records: [], isOpen: true });
    for (const parent of parents) this.#shard(parent).isOpen = false;
  }

  /** Adds records, also to a closed shard. The number of a record is its sequence number, and its time in seconds. */
  put(id: string, ...texts: string[]): void {
    for (const text of texts) {
      const number = ++this.#records;
      const data = Buffer.from(text);
      this.#shard(id).records.push({ sequenceNumber: `${number}`, time: new Date(number * 1000), partitionKey: "key", data });
    }
  }

  listShards(): Promise<StreamShard[]> {
    this.calls.push("list");
    const failure = this.listFailures.shift();
    if (failure !== undefined) return Promise.reject(failure);
    return Promise.resolve([...this.#shards].map(([id, { parents, isOpen }]) => ({ id, parents, isOpen })));
  }

  iteratorAt(id: string, position: Position): Promise<string> {
    const { records } = this.#shard(id);
    const note = position.kind === "after" ? position.sequenceNumber : "";
    this.calls.push(`${id} ${position.kind}${note}`);
    return Promise.resolve(`${id}:${placeOf(records, position)}`);
  }

  read(iterator: string): Promise<Page> {
    const [id = "", place] = iterator.split(":");
    this.calls.push(`${id} read`);
    const failure = this.readFailures.shift();
    if (failure !== undefined) return Promise.reject(failure);
    const shard = this.#shard(id);
    const from = Number(place);
    const records = shard.records.slice(from, from + this.pageRecords);
    const to = from + records.length;
    const isEnd = !shard.isOpen && to === shard.records.length;
    const children = [...this.#shards].filter(([, { parents }]) => parents.includes(id));
    return Promise.resolve({
      records,
      next: isEnd ? undefined : `${id}:${to}`,
      millisBehind: to === shard.records.length ? this.millisBehind : 1000,
      children: isEnd && this.reportsChildren ? children.map(([child, { parents }]) => ({ id: child, parents, isOpen: true })) : [],
    });
  }

  #shard(id: string): ScriptedShard {
    const shard = this.#shards.get(id);
    if (shard === undefined) throw new Error(`no shard ${id}`);
    return shard;
  }
}

function placeOf(records: readonly StreamRecord[], position: Position): number {
  const first = (matches: (record: StreamRecord) => boolean): number => {
    const place = records.findIndex(matches);
    return place < 0 ? records.length : place;
  };
  switch (position.kind) {
    case "latest":
      return records.length;
    case "trim-horizon":
      return 0;
    case "time":
      return first(({ time }) => time !== undefined && time >= position.time);
    case "after":
      return first(({ sequenceNumber }) => Number(sequenceNumber) > Number(position.sequenceNumber));
  }
}
