/** Text of a msgpack value as a JSON string: escaped where JSON asks for it, invalid UTF-8 replaced. */
import type { Input } from "../decode/msgpack.js";
import type { ByteSink } from "./byte_sink.js";

const quote = 0x22;
const backslash = 0x5c;

/** `\u00XX`, the longest that one byte can become. */
const maxBytesPerByte = 6;

const hexDigits = Uint8Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0));

/** For the control characters with a short form, its letter; else 0. */
const shortEscape = new Uint8Array(0x20);
shortEscape[0x08] = 0x62; // b
shortEscape[0x09] = 0x74; // t
shortEscape[0x0a] = 0x6e; // n
shortEscape[0x0c] = 0x66; // f
shortEscape[0x0d] = 0x72; // r

/**
 * Writes the `count` bytes at `start` as a JSON string with its quotes.
 * Each byte that is not part of valid UTF-8 becomes U+FFFD, as in Go's encoding/json.
 */
export function writeJsonText(input: Input, start: number, count: number, sink: ByteSink): void {
  sink.reserve(count * maxBytesPerByte + 2);
  const source = input.bytes;
  const sourceView = input.view;
  const { bytes, view } = sink;
  const end = start + count;
  const lastWord = end - 4;
  let from = start;
  let to = sink.length;
  bytes[to++] = quote;
  while (from < end) {
    // Four bytes at a time while none of them needs a closer look.
    while (from <= lastWord) {
      const word = sourceView.getUint32(from);
      if (needsAttention(word)) break;
      view.setUint32(to, word);
      from += 4;
      to += 4;
    }
    const stop = Math.min(from + 4, end);
    while (from < stop) {
      const byte = source[from] as number;
      if (byte >= 0x80) {
        const length = utf8Length(source, from, end);
        if (length === 0) {
          bytes[to++] = 0xef;
          bytes[to++] = 0xbf;
          bytes[to++] = 0xbd;
          from++;
        } else {
          for (let index = 0; index < length; index++) bytes[to++] = source[from++] as number;
        }
      } else if (byte === quote || byte === backslash) {
        bytes[to++] = backslash;
        bytes[to++] = byte;
        from++;
      } else if (byte < 0x20) {
        to = escapeControl(bytes, to, byte);
        from++;
      } else {
        bytes[to++] = byte;
        from++;
      }
    }
  }
  bytes[to++] = quote;
  sink.length = to;
}

/**
 * True when one of the word's bytes is below 0x20, above 0x7f, a quote or a backslash.
 * The subtraction borrows out of a byte only when that byte is itself a hit, so the answer is exact.
 */
function needsAttention(word: number): boolean {
  const control = word - 0x20202020;
  const quotes = word ^ 0x22222222;
  const backslashes = word ^ 0x5c5c5c5c;
  return (
    (((control & ~word) |
      ((quotes - 0x01010101) & ~quotes) |
      ((backslashes - 0x01010101) & ~backslashes) |
      word) &
      0x80808080) !==
    0
  );
}

function escapeControl(bytes: Uint8Array, position: number, byte: number): number {
  let to = position;
  bytes[to++] = backslash;
  const short = shortEscape[byte] as number;
  if (short !== 0) {
    bytes[to++] = short;
    return to;
  }
  bytes[to++] = 0x75; // u
  bytes[to++] = 0x30;
  bytes[to++] = 0x30;
  bytes[to++] = hexDigits[byte >> 4] as number;
  bytes[to++] = hexDigits[byte & 0x0f] as number;
  return to;
}

/**
 * Bytes of the valid UTF-8 sequence of two or more bytes at `offset`, or 0 when there is none.
 * Source: RFC 3629, section 4.
 */
export function utf8Length(bytes: Uint8Array, offset: number, end: number): number {
  const first = bytes[offset] as number;
  if (first < 0xc2 || first > 0xf4) return 0;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (offset + length > end) return 0;
  const second = bytes[offset + 1] as number;
  // No overlong forms (E0, F0), no surrogates (ED), nothing past U+10FFFF (F4).
  const lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < lowest || second > highest) return 0;
  for (let index = 2; index < length; index++) {
    if (((bytes[offset + index] as number) & 0xc0) !== 0x80) return 0;
  }
  return length;
}
