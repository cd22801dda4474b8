// Single numbers and texts by the writers of their JSON, in buffers that have just the room that these ask for.
import { inputOf } from "../../src/chunk/msgpack.js";
import { putFloat, putInteger64 } from "../../src/record/json/number.js";
import { maxScalarBytes } from "../../src/record/json/scalar.js";
import { jsonTextBytes, putJsonText } from "../../src/record/json/text.js";

/** Throws at bytes that are no UTF-8, where others would put U+FFFD and hide that we did not. */
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The first `count` bytes as a JSON string. */
export function jsonText(text: Uint8Array, count = text.length): string {
  const input = inputOf(text);
  const bytes = new Uint8Array(jsonTextBytes(input, 0, count));
  const end = putJsonText(text, input.view, 0, count, bytes, new DataView(bytes.buffer), 0);
  if (end !== bytes.length) throw new Error(`${bytes.length} bytes were counted, ${end} written`);
  return strict.decode(bytes);
}

/** A float's text; undefined when JSON has none for it. */
export function jsonFloat(value: number): string | undefined {
  const bytes = new Uint8Array(maxScalarBytes);
  const end = putFloat(bytes, 0, value);
  return end < 0 ? undefined : strict.decode(bytes.subarray(0, end));
}

/** The text of an integer of 64 bits. */
export function jsonInteger64(value: bigint): string {
  const halves = new DataView(new ArrayBuffer(8));
  if (value < 0n) halves.setBigInt64(0, value);
  else halves.setBigUint64(0, value);
  const bytes = new Uint8Array(maxScalarBytes);
  const high = value < 0n ? halves.getInt32(0) : halves.getUint32(0);
  return strict.decode(bytes.subarray(0, putInteger64(bytes, 0, high, halves.getUint32(4))));
}
