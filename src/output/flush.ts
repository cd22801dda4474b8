/** Runs one flush: a chunk becomes records, records become entries, entries are delivered, and Fluent Bit gets its reply. */
import { sliceRecordBytes } from "../pack/slices.js";
import type { TagPlace } from "../delivery/tag_order.js";
import type { Turn } from "../delivery/turns.js";
import { ChunkDelivery } from "./chunk_delivery.js";
import type { FlushStages } from "./flush_stages.js";

/** The reply to a flush: Fluent Bit discards the chunk (ok), or flushes it again (retry). */
export type Reply = "ok" | "retry";

/** A chunk in Fluent Bit's memory, which stays valid until the reply to its flush. */
export interface WaitingChunk {
  readonly bytes: number;
  /** Returns the chunk's content, or undefined when Fluent Bit no longer waits for the flush. */
  readonly open: () => Promise<Uint8Array | undefined> | Uint8Array | undefined;
}

/** Delivers a chunk once the earlier chunks of its tag let it pass and there is memory for its records. */
export async function flush(waiting: WaitingChunk, tag: string, stages: FlushStages): Promise<Reply> {
  const place = stages.tags?.enter(tag);
  try {
    await place?.next;
    if (waiting.bytes === 0) return "ok";
    const turn = await stages.turns.take(expectedBytes(waiting.bytes, stages));
    if (turn === undefined) return "retry";
    try {
      if (!(await stages.delivery.isWorthSending())) return "retry";
      return await stages.delivery.sending(async () => {
        const chunk = await waiting.open();
        if (chunk === undefined || stages.delivery.hasEnded) return "retry";
        return deliverChunk(chunk, tag, turn, place, stages);
      });
    } finally {
      turn.give();
    }
  } finally {
    place?.leave();
  }
}

/** Packs and delivers the chunk slice by slice: the events that an earlier flush left unsent, or all. @param place undefined when records have no order */
async function deliverChunk(chunk: Uint8Array, tag: string, turn: Turn, place: TagPlace | undefined, stages: FlushStages): Promise<Reply> {
  const { partialDeliveries } = stages;
  const wanted = partialDeliveries.take(chunk, tag);
  const progress = partialDeliveries.follow(chunk, tag, wanted);
  try {
    const delivery = await ChunkDelivery.open({ chunk, tag, wanted, progress, turn, place }, expectedBytes(chunk.length, stages), stages);
    let slice = await delivery.pack();
    while (slice !== undefined && (await delivery.deliver(slice))) slice = await delivery.pack();
    return delivery.finish() ? "ok" : "retry";
  } finally {
    await partialDeliveries.end(progress);
  }
}

/** Estimates the sink bytes of one slice: JSON takes about 25 % more than msgpack, and copied records take their bytes twice. */
function expectedBytes(chunkBytes: number, { copiesRecords }: FlushStages): number {
  const recordBytes = Math.min(chunkBytes + (chunkBytes >>> 2), sliceRecordBytes);
  return copiesRecords ? 2 * recordBytes : recordBytes;
}
