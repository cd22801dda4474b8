// Times msgpack to JSON: our walk from bytes to bytes, against objects (of @msgpack/msgpack) with JSON.stringify or plain text.
import { decodeMulti } from "@msgpack/msgpack";
import { EventReader } from "../../../src/chunk/event_reader.js";
import { inputOf } from "../../../src/chunk/msgpack.js";
import { ByteSink } from "../../../src/bytes/byte_sink.js";
import { JsonWriter } from "../../../src/record/json/value.js";
import { chunkOfLogs } from "../container_logs.js";
import { type Body, mixes } from "../mixes/mixes.js";
import { type Case, mustEqual } from "../stage.js";

const records = 5000;

/** Returns the JSON of all records, concatenated. */
function transcode(chunk: Uint8Array, writer: JsonWriter): Uint8Array {
  const input = inputOf(chunk);
  const events = new EventReader(input);
  const sink = new ByteSink(chunk.length + Math.trunc(chunk.length / 4));
  while (events.next()) writer.write(input, events.bodyOffset, sink);
  return sink.bytes.subarray(0, sink.length);
}

function bodiesOf(chunk: Uint8Array): Body[] {
  return Array.from(decodeMulti(chunk), (event) => (event as [unknown, Body])[1]);
}

function jsonByHand(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(jsonByHand).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}:${jsonByHand(item)}`);
  return `{${entries.join(",")}}`;
}

export function jsonCases(): Case[] {
  return mixes.map(({ name, bodies }) => {
    const chunk = chunkOfLogs(bodies(records));
    const writer = new JsonWriter(undefined);
    const ours = () => transcode(chunk, writer);
    const objects = () => bodiesOf(chunk).map((body) => Buffer.from(JSON.stringify(body)));
    const byHand = () => bodiesOf(chunk).map((body) => Buffer.from(jsonByHand(body)));
    const expected = Buffer.from(bodies(records).map((body) => JSON.stringify(body)).join(""));
    mustEqual(ours(), expected, `JSON of ${name}, ours`);
    mustEqual(Buffer.concat(objects()), expected, `JSON of ${name}, from objects`);
    mustEqual(Buffer.concat(byHand()), expected, `JSON of ${name}, by hand`);
    return {
      stage: "msgpack to JSON",
      name,
      records,
      bytes: expected.length,
      ours: { name: "ours", run: ours },
      others: [
        { name: "objects, JSON.stringify", run: objects },
        { name: "objects, a walk over them", run: byHand },
      ],
    };
  });
}
