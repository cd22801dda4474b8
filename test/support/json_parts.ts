// Writes single numbers and texts with the JSON writers, into buffers of exactly the size that these reserve.
import { inputOf } from "../../src/chunk/msgpack.js";
import { putFloat, putInteger64 } from "../../src/record/json/number.js";
import { maxScalarBytes } from "../../src/record/json/scalar.js";
import { jsonTextBytes, putJsonText } from "../../src/record/json/text.js";

/** Throws for bytes that are not UTF-8, where other decoders would insert U+FFFD and hide the error. */
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Returns the first `count` bytes as a JSON string. */
export function jsonText(text: Uint8Array, count = text.length): string {
  const input = inputOf(text);
  const bytes = new Uint8Array(jsonTextBytes(input, 0, count));
  const end = putJsonText(text, input.view, 0, count, bytes, new DataView(bytes.buffer), 0);
  if (end !== bytes.length) throw new Error(`${bytes.length} bytes were counted, ${end} written`);
  return strict.decode(bytes);
}

/** Returns a float's text; undefined if JSON has none. */
export function jsonFloat(value: number): string | undefined {
  const bytes = new Uint8Array(maxScalarBytes);
  const end = putFloat(bytes, 0, value);
  return end < 0 ? undefined : strict.decode(bytes.subarray(0, end));
}

/** Returns the text of a 64-bit integer. */
export function jsonInteger64(value: bigint): string {
  const halves = new DataView(new ArrayBuffer(8));
  if (value < 0n) halves.setBigInt64(0, value);
  else halves.setBigUint64(0, value);
  const bytes = new Uint8Array(maxScalarBytes);
  const high = value < 0n ? halves.getInt32(0) : halves.getUint32(0);
  return strict.decode(bytes.subarray(0, putInteger64(bytes, 0, high, halves.getUint32(4))));
}
