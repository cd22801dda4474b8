/** Base64 from bytes to bytes. Source: RFC 4648, section 4. */

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const digits = Uint8Array.from(alphabet, (digit) => digit.charCodeAt(0));
const padding = 0x3d;

/** The two digits of each twelve bits, the first in the lower byte: 8 KB, which stay in the processor's first cache. */
const digitPairs = new Uint16Array(4096);
for (let bits = 0; bits < digitPairs.length; bits++) {
  digitPairs[bits] = (digits[bits >> 6] as number) | ((digits[bits & 63] as number) << 8);
}

/** Bytes of the text of so many bytes: four for three, the last group filled up. */
export function base64Bytes(count: number): number {
  return Math.ceil(count / 3) * 4;
}

/** Writes the text of the bytes from `from` to `end` at `position`, where there must be room; gives the position behind it. */
export function putBase64(
  source: Uint8Array,
  sourceView: DataView,
  from: number,
  end: number,
  bytes: Uint8Array,
  view: DataView,
  position: number,
): number {
  let to = position;
  let at = from;
  // Six bytes at a time, of which each of two words holds twelve bits twice.
  for (const last = end - 6; at <= last; at += 6) {
    const first = sourceView.getInt32(at);
    const second = sourceView.getInt32(at + 2);
    view.setInt32(to, (digitPairs[first >>> 20] as number) | ((digitPairs[(first >>> 8) & 4095] as number) << 16), true);
    view.setInt32(to + 4, (digitPairs[(second >>> 12) & 4095] as number) | ((digitPairs[second & 4095] as number) << 16), true);
    to += 8;
  }
  for (const last = end - 3; at <= last; at += 3) {
    const first = ((source[at] as number) << 4) | ((source[at + 1] as number) >> 4);
    const second = (((source[at + 1] as number) & 15) << 8) | (source[at + 2] as number);
    view.setInt32(to, (digitPairs[first] as number) | ((digitPairs[second] as number) << 16), true);
    to += 4;
  }
  const left = end - at;
  if (left === 0) return to;
  const first = source[at] as number;
  const second = left > 1 ? (source[at + 1] as number) : 0;
  bytes[to] = digits[first >> 2] as number;
  bytes[to + 1] = digits[((first & 3) << 4) | (second >> 4)] as number;
  bytes[to + 2] = left > 1 ? (digits[(second & 15) << 2] as number) : padding;
  bytes[to + 3] = padding;
  return to + 4;
}
