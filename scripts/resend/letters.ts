/** Reads dead letters, the lines of a dead-letter file. */
import { createReadStream } from "node:fs";
import { maxLargeRecordBytes, maxPartitionKeyCharacters } from "../../src/limits.js";
import { isBase64, readJsonObject } from "../../src/files/json_line.js";
import { namesStream } from "../../src/options/stream_name.js";

/** One line of the file, read or rejected. */
export type Letter =
  | {
      readonly kind: "record";
      /** Number of the line, from 1. */
      readonly line: number;
      readonly text: string;
      readonly stream: string;
      /** Undefined: use a random key. */
      readonly partitionKey: string | undefined;
      readonly data: Uint8Array;
    }
  /** An event that did not become a record. */
  | { readonly kind: "event"; readonly line: number; readonly text: string }
  | { readonly kind: "bad"; readonly line: number; readonly why: string };

/** Maximum bytes of a line: more than a record of 10 MiB in base64 with its other members, the longest that the plugin writes. */
const maxLineBytes = 16 * 1024 * 1024;
const newline = 0x0a;

/** Yields the lines of the file, without empty lines. @throws a system error when the file cannot be read */
export async function* lettersOf(file: string): AsyncGenerator<Letter> {
  let line = 1;
  let parts: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(newline, start); end >= 0; end = chunk.indexOf(newline, start)) {
      parts.push(chunk.subarray(start, end));
      bytes += end - start;
      if (bytes > 0) yield letterOf(line, parts, bytes);
      line++;
      parts = [];
      bytes = 0;
      start = end + 1;
    }
    bytes += chunk.length - start;
    if (bytes <= maxLineBytes) parts.push(chunk.subarray(start));
  }
  // A line without its newline was cut off, even if it happens to be valid JSON.
  if (bytes > 0) yield { kind: "bad", line, why: "it is cut off" };
}

function letterOf(line: number, parts: readonly Buffer[], bytes: number): Letter {
  if (bytes > maxLineBytes) return { kind: "bad", line, why: `it has more than ${maxLineBytes} bytes` };
  const text = Buffer.concat(parts).toString("utf8");
  const letter = readLetter(text);
  return typeof letter === "string" ? { kind: "bad", line, why: letter } : { line, text, ...letter };
}

type Content =
  | { readonly kind: "record"; readonly stream: string; readonly partitionKey: string | undefined; readonly data: Uint8Array }
  | { readonly kind: "event" };

/** Returns the content of a line, or the reason why it is invalid. */
function readLetter(text: string): Content | string {
  const members = readJsonObject(text);
  if (members === undefined) return "it is not a JSON object";
  const { form, stream, partitionKey, data } = members;
  if (form !== "record" && form !== "msgpack") return `its form is neither "record" nor "msgpack"`;
  if (typeof data !== "string" || !isBase64(data)) return "its data is not base64";
  if (form === "msgpack") return { kind: "event" };
  if (typeof stream !== "string" || !namesStream(stream)) return "its stream is not a stream's name or ARN";
  if (partitionKey !== undefined && !isPartitionKey(partitionKey)) return "its partitionKey is not a string of 1 to 256 characters";
  const bytes = Buffer.from(data, "base64");
  if (bytes.length > maxLargeRecordBytes) return `its data has more than ${maxLargeRecordBytes} bytes`;
  return { kind: "record", stream, partitionKey, data: bytes };
}

function isPartitionKey(value: unknown): value is string {
  if (typeof value !== "string" || value === "") return false;
  return Array.from(value.slice(0, 2 * maxPartitionKeyCharacters + 1)).length <= maxPartitionKeyCharacters;
}
