/** Cuts entries into batches, each within the limits of one PutRecords request. */
import type { Entry, EntryTable } from "./entry_table.js";

/** Limits of one PutRecords request. */
export interface BatchLimits {
  readonly maxRecords: number;
  /** Maximum bytes of data and partition keys, before base64. */
  readonly maxBytes: number;
}

/** Returns batches in the entries' order, each as full as the limits allow. Each entry must be within the limits. */
export function cutBatches({ sizes: { numbers: sizes } }: EntryTable, entries: readonly Entry[], limits: BatchLimits): Entry[][] {
  const batches: Entry[][] = [];
  let batch: Entry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    const sizeBytes = sizes[entry] as number;
    const isFull = batch.length === limits.maxRecords || bytes + sizeBytes > limits.maxBytes;
    if (isFull && batch.length > 0) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(entry);
    bytes += sizeBytes;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
