// Measures how encoding grows: from chunks to request bodies, in this process, without sending requests.
import { limitsFor, maxRecordBytes, maxRecordsPerRequest } from "../../../src/limits.js";
import { ByteSink } from "../../../src/bytes/byte_sink.js";
import { EntryTable } from "../../../src/pack/entry_table.js";
import { cutBatches } from "../../../src/pack/batches.js";
import { writeJsonBody } from "../../../src/kinesis/json_body.js";
import { chunkOfLogs } from "../container_logs.js";
import { bodiesOfBytes, chunkRecords, growthPoint, type GrowthPoint, instanceCounts, recordBytes } from "../growth.js";
import { containerLogMix } from "../mixes/mixes.js";
import { median } from "../statistics.js";
import { packAll } from "../../support/all_entries.js";
import { plainPipeline } from "./options.js";

const samples = 5;
const totalRecords = 100_000;
const totalBytes = 40e6;
const usualChunkRecords = 4000;
const target = { StreamName: "logs" };
const requestLimits = { maxRecords: maxRecordsPerRequest, maxBytes: limitsFor(maxRecordBytes).maxRequestBytes };

/** Encodes chunks as an instance does, in reused buffers. */
function encoder(): (chunk: Uint8Array) => void {
  const pipeline = plainPipeline({});
  const table = new EntryTable(new ByteSink());
  const body = new ByteSink();
  return (chunk) => {
    table.clear();
    packAll(pipeline, chunk, table);
    for (const batch of cutBatches(table, table.from(0), requestLimits)) {
      body.length = 0;
      writeJsonBody(table, batch, target, Math.random, body);
    }
  };
}

/** Returns the median CPU seconds for all chunks, which the encoders take in turns. */
function cpuSeconds(chunks: readonly Uint8Array[], encoders: readonly ((chunk: Uint8Array) => void)[]): number {
  const encodeAll = (): void => chunks.forEach((chunk, index) => encoders[index % encoders.length]?.(chunk));
  encodeAll();
  const taken = Array.from({ length: samples }, () => {
    const before = process.cpuUsage();
    encodeAll();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  });
  return median(taken);
}

function cut<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));
}

/** Uses the same records for all points of an axis except the last, which has the same bytes. */
export function encodingGrowth(): GrowthPoint[] {
  const logs = containerLogMix.bodies(totalRecords);
  const point = (axis: string, at: number, chunks: readonly Uint8Array[], records: number, instances = 1): GrowthPoint => {
    const seconds = cpuSeconds(chunks, Array.from({ length: instances }, encoder));
    return growthPoint(axis, at, seconds, records, chunks.reduce((sum, { length }) => sum + length, 0));
  };
  const usual = cut(logs, usualChunkRecords).map(chunkOfLogs);
  return [
    ...chunkRecords.map((size) => point("records of a chunk", size, cut(logs, size).map(chunkOfLogs), totalRecords)),
    ...instanceCounts.map((count) => point("instances", count, usual, totalRecords, count)),
    ...recordBytes.map((bytes) => {
      const bodies = bodiesOfBytes(bytes, totalBytes / bytes);
      return point("bytes of a record", bytes, cut(bodies, 2e6 / bytes).map(chunkOfLogs), bodies.length);
    }),
  ];
}
