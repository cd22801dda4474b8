/** Writes msgpack text as a JSON string: escapes what JSON requires and replaces invalid UTF-8. */
import type { Input } from "../../chunk/msgpack.js";

const quote = 0x22;
const backslash = 0x5c;

/** Maximum JSON bytes of one byte of text: `\u00XX`. */
const maxBytesPerByte = 6;

const hexDigits = Uint8Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0));

/** Letter of the short escape for each control character; 0 without one. */
const shortEscape = new Uint8Array(0x20);
shortEscape[0x08] = 0x62; // b
shortEscape[0x09] = 0x74; // t
shortEscape[0x0a] = 0x6e; // n
shortEscape[0x0c] = 0x66; // f
shortEscape[0x0d] = 0x72; // r

/**
 * Writes the bytes from `from` to `end` as a JSON string with its quotes. Returns the position after it.
 * Each byte that is not part of valid UTF-8 becomes U+FFFD, as in Go's encoding/json.
 * There must be room for {@link jsonTextBytes}, which is at most {@link maxJsonBytes}.
 */
export function putJsonText(
  source: Uint8Array,
  sourceView: DataView,
  from: number,
  end: number,
  bytes: Uint8Array,
  view: DataView,
  position: number,
): number {
  bytes[position] = quote;
  let at = from;
  let to = position + 1;
  // Fast path: copies two words at a time while their bytes need no escape.
  for (const last = end - 2 * wordBytes; at <= last; at += 2 * wordBytes) {
    const first = sourceView.getInt32(at, true);
    const second = sourceView.getInt32(at + wordBytes, true);
    if ((needsAttention(first) | needsAttention(second)) !== 0) return putRest(source, sourceView, at, end, bytes, view, to);
    view.setInt32(to, first, true);
    view.setInt32(to + wordBytes, second, true);
    to += 2 * wordBytes;
  }
  if (at <= end - wordBytes) {
    const word = sourceView.getInt32(at, true);
    if (needsAttention(word) !== 0) return putRest(source, sourceView, at, end, bytes, view, to);
    view.setInt32(to, word, true);
    at += wordBytes;
    to += wordBytes;
  }
  for (; at < end; at++) {
    const byte = source[at] as number;
    if (byte < 0x20 || byte >= 0x80 || byte === quote || byte === backslash) {
      return putRest(source, sourceView, at, end, bytes, view, to);
    }
    bytes[to++] = byte;
  }
  bytes[to] = quote;
  return to + 1;
}

/** Writes the rest of a text and the closing quote, word by word up to each byte that needs an escape or replacement. */
function putRest(
  source: Uint8Array,
  sourceView: DataView,
  from: number,
  end: number,
  bytes: Uint8Array,
  view: DataView,
  position: number,
): number {
  let at = from;
  let to = position;
  while (at < end) {
    if (at <= end - wordBytes) {
      const word = sourceView.getInt32(at, true);
      view.setInt32(to, word, true);
      const found = needsAttention(word);
      const clean = found === 0 ? wordBytes : bytesBefore(found);
      at += clean;
      to += clean;
      if (found === 0) continue;
    }
    const byte = source[at] as number;
    if (byte >= 0x80) {
      const length = utf8Length(source, at, end);
      if (length === 0) {
        bytes[to++] = 0xef;
        bytes[to++] = 0xbf;
        bytes[to++] = 0xbd;
        at++;
      } else {
        for (let index = 0; index < length; index++) bytes[to++] = source[at++] as number;
      }
    } else {
      if (byte === quote || byte === backslash) {
        bytes[to++] = backslash;
        bytes[to++] = byte;
      } else if (byte < 0x20) {
        to = escapeControl(bytes, to, byte);
      } else {
        bytes[to++] = byte;
      }
      at++;
    }
  }
  bytes[to] = quote;
  return to + 1;
}

/** Returns the maximum bytes of a text of `count` bytes as a JSON string, including the quotes. */
export function maxJsonBytes(count: number): number {
  return count * maxBytesPerByte + 2;
}

/** Returns the exact bytes of a text as a JSON string, including the quotes. For long texts, whose maximum would waste memory. */
export function jsonTextBytes({ bytes }: Input, from: number, end: number): number {
  let count = end - from + 2;
  for (let at = from; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte >= 0x80) {
      const length = utf8Length(bytes, at, end);
      if (length === 0) count += 2;
      else at += length - 1;
    } else if (byte < 0x20) {
      count += shortEscape[byte] === 0 ? maxBytesPerByte - 1 : 1;
    } else if (byte === quote || byte === backslash) {
      count++;
    }
  }
  return count;
}

/** Bytes of a word, read little-endian: its first byte in memory is the lowest. */
const wordBytes = 4;

/**
 * Returns nonzero if one of the word's bytes is below 0x20, above 0x7f, a quote or a backslash. A subtraction borrows from
 * the next byte only at a hit, so the lowest set bit marks the first hit, and higher bits may be false.
 */
function needsAttention(word: number): number {
  const control = word - 0x20202020;
  const quotes = (word ^ 0x22222222) - 0x01010101;
  const backslashes = (word ^ 0x5c5c5c5c) - 0x01010101;
  return (control | quotes | backslashes | word) & 0x80808080;
}

/** Returns the number of a word's bytes before its first hit. */
function bytesBefore(hits: number): number {
  return (31 - Math.clz32(hits & -hits)) >> 3;
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
 * Returns the length of the valid UTF-8 sequence of two or more bytes at `offset`, or 0 for an invalid sequence.
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
