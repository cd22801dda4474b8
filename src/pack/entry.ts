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
    public memory: Uint8Array,
    public start: number,
    public end: number,
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
}

/** Moves the data of these entries into memory of their own: the one that it lay in can be used again. Returns the bytes. */
export function moveToOwnMemory(entries: readonly Entry[]): number {
  const memory = new Uint8Array(entries.reduce((sum, { start, end }) => sum + end - start, 0));
  let start = 0;
  for (const entry of entries) {
    const { data } = entry;
    memory.set(data, start);
    entry.memory = memory;
    entry.start = start;
    start += data.length;
    entry.end = start;
  }
  return memory.length;
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
