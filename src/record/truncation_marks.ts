/** Finds where a record may be cut, and defines the suffix of cut records. */

/** Suffix of a cut record, the same as the Go plugin's. */
export const truncatedSuffix = Uint8Array.from("[Truncated...]", (character) => character.charCodeAt(0));

/** Returns the largest length up to `length` that does not split a UTF-8 character. */
export function characterBorder(bytes: Uint8Array, start: number, length: number): number {
  let border = length;
  // A continuation byte after the border belongs to a character that starts before it. No character is longer than 4 bytes.
  for (let step = 0; step < 3 && border > 0 && ((bytes[start + border] as number) & 0xc0) === 0x80; step++) {
    border--;
  }
  return ((bytes[start + border] as number) & 0xc0) === 0x80 ? length : border;
}
