// Shapes single bodies, from msgpack bytes or values, for tests of a record's content.
import { inputOf } from "../../src/chunk/msgpack.js";
import { ByteSink } from "../../src/bytes/byte_sink.js";
import { failed, JsonWriter } from "../../src/record/json/value.js";
import { RecordShaper, type RecordOptions, type ShapedEvent } from "../../src/record/shaper.js";
import { TimeFormat } from "../../src/record/time_key/format.js";
import { utcZone } from "../../src/record/time_key/zone.js";
import { encodeValue } from "./event_chunk.js";

export const plainOptions: RecordOptions = {
  partitionKey: undefined,
  streamKey: undefined,
  dataKeys: undefined,
  exceptKeys: undefined,
  logKey: undefined,
  appendNewline: false,
  time: undefined,
  tagKey: undefined,
  metadataKey: undefined,
  replaceDots: undefined,
};

/** Returns a time_key whose text is the seconds since the epoch in any zone. */
export function epochTime(key: string): NonNullable<RecordOptions["time"]> {
  return { key, format: new TimeFormat("%s", utcZone) };
}

export interface ShapedRecord {
  /** Undefined if the record was rejected. */
  readonly text: string | undefined;
  readonly partitionKey: string | undefined;
  readonly refused: string | undefined;
}

/** Returns an event whose body is all of its input, without metadata. */
export function plainEvent(seconds: number): ShapedEvent {
  return { bodyOffset: 0, seconds, nanoseconds: 0, group: undefined, findMetadata: () => -1 };
}

/** Shapes a body with a time `seconds` after the epoch. */
export function shape(body: unknown, options: Partial<RecordOptions> = {}, seconds = 1_700_000_000, tag = "tag"): ShapedRecord {
  const bytes = body instanceof Uint8Array ? body : encodeValue(body);
  const sink = new ByteSink(16);
  sink.appendAscii("before");
  const start = sink.length;
  const shaped = new RecordShaper({ ...plainOptions, ...options }).shape(inputOf(bytes), plainEvent(seconds), tag, sink);
  if (shaped.kind === "refused") {
    if (sink.length !== start) throw new Error(`A refused record left ${sink.length - start} bytes behind`);
    return { text: undefined, partitionKey: undefined, refused: shaped.reason };
  }
  const text = Buffer.from(sink.bytes.subarray(start, sink.length)).toString();
  return { text, partitionKey: shaped.partitionKey, refused: undefined };
}

/** Returns the JSON of a msgpack value, or the reason why there is none. */
export function jsonOf(value: Uint8Array, replaceDots?: string): { readonly text?: string; readonly failure?: string } {
  const writer = new JsonWriter(replaceDots === undefined ? undefined : Buffer.from(replaceDots));
  const sink = new ByteSink(1);
  const end = writer.write(inputOf(value), 0, sink);
  if (end === failed) return { failure: writer.failure ?? "no reason" };
  if (end !== value.length) throw new Error(`The writer stopped at ${end} of ${value.length} bytes`);
  return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(sink.bytes.subarray(0, sink.length)) };
}
