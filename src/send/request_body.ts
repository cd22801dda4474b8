/** The body of a PutRecords request as JSON, written once into one buffer. */
import type { Entry } from "../entry.js";

/** Which stream a request goes to, as its members say it. */
export type StreamTarget = { readonly StreamName: string } | { readonly StreamARN: string };

const beforeData = '{"Data":"';
const beforeKey = '","PartitionKey":';
const afterKey = "},";
const overheadBytes = beforeData.length + beforeKey.length + afterKey.length;

/**
 * Writes `{"Records":[{"Data":"…","PartitionKey":"…"},…],"StreamName":"…"}`, the data in base64.
 * Source: Kinesis API Reference, PutRecords, Request Syntax.
 */
export function putRecordsBody(entries: readonly Entry[], target: StreamTarget): Buffer {
  const start = '{"Records":[';
  const end = `],${JSON.stringify(target).slice(1)}`;
  const keys = entries.map(({ partitionKey }) => JSON.stringify(partitionKey));
  let bytes = start.length + Buffer.byteLength(end);
  entries.forEach(({ data }, index) => {
    bytes += base64Length(data.length) + Buffer.byteLength(keys[index] as string) + overheadBytes;
  });
  const body = Buffer.allocUnsafe(bytes);
  let position = body.write(start, "latin1");
  entries.forEach(({ data }, index) => {
    position += body.write(beforeData, position, "latin1");
    const view = Buffer.from(data.buffer, data.byteOffset, data.length);
    position += body.write(view.toString("base64"), position, "latin1");
    position += body.write(beforeKey, position, "latin1");
    position += body.write(keys[index] as string, position);
    position += body.write(afterKey, position, "latin1");
  });
  // The comma behind the last entry makes room for the end.
  if (entries.length > 0) position--;
  position += body.write(end, position);
  return body.subarray(0, position);
}

/** Four characters for three bytes, the last group filled up. Source: RFC 4648, section 4. */
function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4;
}
