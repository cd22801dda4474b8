/** One entry of a PutRecords request. */

/** What goes to the service as one Kinesis record: a user record, or several that were aggregated. */
export class Entry {
  /**
   * Its data lies in `memory` from `start` to `end`, beside that of other entries: an array of its own for each would
   * cost more than to copy what is in it.
   * @param partitionKey undefined when it is to be random; then each attempt makes one (`randomPartitionKeyCharacters`)
   * @param sizeBytes bytes that count against the limits of records and requests: data and partition key
   * @param events the event of the chunk that it holds, by its position there, or those of an aggregated record
   * @param shardId the shard where the shard map expects it; undefined without a map
   * @param stream the name of the stream that its records chose; undefined for the output's own
   */
  constructor(
    readonly memory: Uint8Array,
    readonly start: number,
    readonly end: number,
    readonly partitionKey: string | undefined,
    readonly sizeBytes: number,
    readonly events: number | readonly number[],
    readonly shardId?: string,
    readonly stream?: string,
  ) {}

  /** Its data; nothing is copied. */
  get data(): Uint8Array {
    return this.memory.subarray(this.start, this.end);
  }

  /** The same with a copy of its data: the memory that it lay in can be used again. */
  withOwnMemory(): Entry {
    const memory = this.memory.slice(this.start, this.end);
    return new Entry(memory, 0, memory.length, this.partitionKey, this.sizeBytes, this.events, this.shardId, this.stream);
  }
}

/** An object of eight members on V8's heap, and its places in lists. */
const entryBytes = 100;
/** A number in each of four lists, which have room to grow. */
const aggregatedEventBytes = 50;

/** Returns about how much memory entries take besides their data. */
export function heapBytesOf(entries: readonly Entry[]): number {
  let bytes = entryBytes * entries.length;
  for (const { events } of entries) if (typeof events !== "number") bytes += aggregatedEventBytes * events.length;
  return bytes;
}

/** The number of user records in an entry. */
export function userRecordsOf({ events }: Entry): number {
  return typeof events === "number" ? 1 : events.length;
}
