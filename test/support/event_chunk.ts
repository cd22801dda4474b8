// Builds chunks in Fluent Bit's form: msgpack events of both formats, any kind of time, group markers.
import { encode } from "@msgpack/msgpack";

export type EventTime =
  | { readonly kind: "ext"; readonly seconds: number; readonly nanoseconds?: number }
  | { readonly kind: "int"; readonly seconds: number }
  | { readonly kind: "float"; readonly seconds: number };

export interface ChunkEvent {
  readonly body: unknown;
  readonly time?: EventTime;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

const DEFAULT_TIME: EventTime = { kind: "ext", seconds: 1_700_000_000, nanoseconds: 123_456_789 };
const GROUP_START_SECONDS = 0xffff_ffff;
const GROUP_END_SECONDS = 0xffff_fffe;

export function encodeTime(time: EventTime): Uint8Array {
  if (time.kind === "int") return encode(time.seconds);
  const bytes = Buffer.alloc(time.kind === "ext" ? 10 : 9);
  if (time.kind === "float") {
    bytes[0] = 0xcb;
    bytes.writeDoubleBE(time.seconds, 1);
    return bytes;
  }
  bytes[0] = 0xd7; // fixext 8, type 0: Fluent Bit's event time
  bytes[1] = 0x00;
  bytes.writeUInt32BE(time.seconds, 2);
  bytes.writeUInt32BE(time.nanoseconds ?? 0, 6);
  return bytes;
}

/** Encodes a value as msgpack; a bigint uses the 64-bit form. */
export function encodeValue(value: unknown): Uint8Array {
  return encode(value, { useBigInt64: true });
}

/** Encodes an event in the format up to Fluent Bit 2.0: [time, body]. */
export function encodeV1(event: ChunkEvent): Uint8Array {
  return Buffer.concat([Buffer.from([0x92]), encodeTime(event.time ?? DEFAULT_TIME), encodeValue(event.body)]);
}

/** Encodes an event in the format since Fluent Bit 2.1: [[time, metadata], body]. */
export function encodeV2(event: ChunkEvent): Uint8Array {
  const header = [Buffer.from([0x92, 0x92]), encodeTime(event.time ?? DEFAULT_TIME), encodeValue(event.metadata ?? {})];
  return Buffer.concat([...header, encodeValue(event.body)]);
}

export function groupStart(metadata: Readonly<Record<string, unknown>> = {}, body: unknown = {}): Uint8Array {
  return encodeV2({ body, metadata, time: { kind: "ext", seconds: GROUP_START_SECONDS } });
}

export function groupEnd(): Uint8Array {
  return encodeV2({ body: {}, time: { kind: "ext", seconds: GROUP_END_SECONDS } });
}

/** Returns a chunk of these bodies in the current format, one second apart. */
export function chunkOf(bodies: readonly unknown[]): Uint8Array {
  const events = bodies.map((body, index) => {
    const time: EventTime = { kind: "ext", seconds: 1_700_000_000 + index, nanoseconds: 123_456_789 };
    return encodeV2({ body, time });
  });
  return Buffer.concat(events);
}
