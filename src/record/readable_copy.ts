/** Copies msgpack values with binary converted to hexadecimal text, such as OTLP trace and span ids. */
import { emptyHead, readHead, skipValue, type Input } from "../chunk/msgpack.js";
import type { ByteSink } from "../bytes/byte_sink.js";

/** First bytes of bin 8 and bin 32; bin 16 lies between. */
const firstBinary = 0xc4;
const lastBinary = 0xc6;
/** First byte of a text in the format str 32; four bytes of length follow. */
const text32 = 0xdb;

const digits = Uint8Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0));
const head = emptyHead();

/** Appends the value at `offset`, which must lie wholly within the input, to the sink. Returns the offset after it. */
export function copyReadable(input: Input, offset: number, sink: ByteSink): number {
  const { bytes } = input;
  let position = offset;
  let copied = offset;
  let remaining = 1;
  while (remaining > 0) {
    remaining--;
    const first = bytes[position] as number;
    readHead(input, position, head);
    const { kind, start, count } = head;
    if (first >= firstBinary && first <= lastBinary) {
      sink.append(bytes.subarray(copied, position));
      appendHexadecimal(bytes, start, count, sink);
      copied = start + count;
    }
    if (kind === "map") remaining += 2 * count;
    if (kind === "array") remaining += count;
    if (kind === "map" || kind === "array") position = start;
    else position = kind === "scalar" ? skipValue(input, position) : start + count;
  }
  sink.append(bytes.subarray(copied, position));
  return position;
}

function appendHexadecimal(bytes: Uint8Array, start: number, count: number, sink: ByteSink): void {
  sink.reserve(5 + 2 * count);
  sink.put(text32);
  sink.view.setUint32(sink.length, 2 * count);
  sink.length += 4;
  for (let index = start; index < start + count; index++) {
    const byte = bytes[index] as number;
    sink.put(digits[byte >>> 4] as number);
    sink.put(digits[byte & 0xf] as number);
  }
}
