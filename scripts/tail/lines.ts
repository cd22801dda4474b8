/** Formats a user record as one line: text, with or without colours, or JSON. */
import type { UserRecord } from "./user_records.js";
import { textOf, visibleBytes, visibleJson, visibleText } from "./visible_text.js";

export type LineOf = (record: UserRecord) => string;

const newline = 0x0a;

/** Source: ECMA-48, 8.3.117, Select Graphic Rendition. */
const codes = { time: 2, shard: 36, key: 33, hashKey: 35 } as const;

/**
 * Returns time, shard, partition key, explicit hash key if there is one, and data, with control characters escaped. Omits
 * a newline at the end of the data (append_newline).
 */
export function textLine(record: UserRecord, isColoured: boolean): string {
  const { time, shardId, partitionKey, explicitHashKey, data } = record;
  const paint = (part: keyof typeof codes, text: string): string => {
    return isColoured ? `\u001b[${codes[part]}m${text}\u001b[0m` : text;
  };
  const parts = [
    paint("time", time?.toISOString() ?? "-"),
    paint("shard", visibleText(shardId)),
    `key ${paint("key", visibleText(partitionKey))}`,
    ...(explicitHashKey === undefined ? [] : [`hash key ${paint("hashKey", visibleText(explicitHashKey))}`]),
  ];
  const content = data.at(-1) === newline ? data.subarray(0, -1) : data;
  return `${parts.join(" ")}: ${visibleBytes(content)}`;
}

/** Returns the whole record with its exact data. Omits members that it does not have. */
export function jsonLine(record: UserRecord): string {
  const { shardId, sequenceNumber, subSequenceNumber, time, partitionKey, explicitHashKey, data } = record;
  const text = textOf(data);
  const content = text === undefined ? { dataBase64: Buffer.from(data).toString("base64") } : { data: text };
  const known = { shard: shardId, sequenceNumber, subSequenceNumber, time: time?.toISOString(), partitionKey, explicitHashKey };
  return visibleJson(JSON.stringify({ ...known, ...content }));
}
