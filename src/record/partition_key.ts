/** Measures partition keys and creates random ones. */

/** Returns a text's length in bytes of UTF-8, without encoding it. */
export function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit >= 0x80) bytes++;
    // A surrogate pair is two units and four bytes, so each half adds one.
    if (unit >= 0x800 && (unit < 0xd800 || unit > 0xdfff)) bytes++;
  }
  return bytes;
}

const randomCharacters = Uint8Array.from("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", (character) =>
  character.charCodeAt(0),
);
const randomCharacterCount = randomCharacters.length;

/** Returns a random key of letters and digits. `random` returns numbers from 0 (inclusive) to 1 (exclusive). */
export function randomPartitionKey(random: () => number, characters: number): string {
  const bytes = new Uint8Array(characters);
  putRandomKey(random, characters, bytes, 0);
  return String.fromCharCode(...bytes);
}

/** Four characters use 24 of a random number's 52 bits, which keeps them uniform to 1 in 10^8. */
const charactersPerNumber = 4;

/** Writes a random key, which needs no escaping in JSON, at `position`. Returns the position after it. */
export function putRandomKey(random: () => number, characters: number, bytes: Uint8Array, position: number): number {
  let rest = 0;
  for (let index = 0; index < characters; index++) {
    if (index % charactersPerNumber === 0) rest = random();
    rest *= randomCharacterCount;
    // `| 0` makes it an integer for the compiler: old V8s (Node 18) index an array by a double ten times as slowly.
    const digit = rest | 0;
    bytes[position + index] = randomCharacters[digit] as number;
    rest -= digit;
  }
  return position + characters;
}
