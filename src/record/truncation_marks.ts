/** Where a record may be cut, and what shows that it was. */

/** What a cut record ends with; the Go plugin's. */
export const truncatedSuffix = Uint8Array.from("[Truncated...]", (character) => character.charCodeAt(0));

/** The largest length not above `length` that does not cut a UTF-8 character in two. */
export function characterBorder(bytes: Uint8Array, start: number, length: number): number {
  let border = length;
  // A continuation byte behind the border means that its character began before it; none is longer than 4 bytes.
  for (let step = 0; step < 3 && border > 0 && ((bytes[start + border] as number) & 0xc0) === 0x80; step++) {
    border--;
  }
  return ((bytes[start + border] as number) & 0xc0) === 0x80 ? length : border;
}
