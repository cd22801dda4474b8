// msgpack to JSON: our walk from bytes to bytes, against objects made by @msgpack/msgpack and JSON.stringify.
//
// Runs over a chunk of 20,000 container log records, from the chunk's bytes to the JSON's. Prints its machine.
import { decodeMulti } from "@msgpack/msgpack";
import { bench, describe, expect } from "vitest";
import { EventReader } from "../../src/decode/event_reader.js";
import { inputOf } from "../../src/decode/msgpack.js";
import { ByteSink } from "../../src/record/byte_sink.js";
import { JsonWriter } from "../../src/record/json_value.js";
import { chunkOfLogs, containerLogs } from "./container_logs.js";
import { tellMachine } from "./machine.js";

const bodies = containerLogs(20_000);
const chunk = chunkOfLogs(bodies);
const writer = new JsonWriter(undefined);

/** All records, one behind the other. */
function ours(): Uint8Array {
  const input = inputOf(chunk);
  const events = new EventReader(input);
  const sink = new ByteSink(chunk.length + Math.trunc(chunk.length / 4));
  while (events.next()) writer.write(input, events.bodyOffset, sink);
  return sink.bytes.subarray(0, sink.length);
}

function objects(): Uint8Array[] {
  const records: Uint8Array[] = [];
  for (const event of decodeMulti(chunk)) records.push(Buffer.from(JSON.stringify((event as unknown[])[1])));
  return records;
}

const expected = Buffer.from(bodies.map((body) => JSON.stringify(body)).join(""));
expect(expected.equals(ours())).toBe(true);
expect(expected.equals(Buffer.concat(objects()))).toBe(true);
tellMachine(`json: ${bodies.length} records, ${(expected.length / 1e6).toFixed(1)} MB of JSON`);

describe("msgpack to JSON, 20,000 records", () => {
  bench("ours, bytes to bytes", () => void ours());
  bench("@msgpack/msgpack and JSON.stringify", () => void objects());
});
