/** Partition keys: their size, and random ones. */

/** Bytes of a text in UTF-8, without encoding it. */
export function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit >= 0x80) bytes++;
    // A surrogate pair is two units and four bytes: one more for each half.
    if (unit >= 0x800 && (unit < 0xd800 || unit > 0xdfff)) bytes++;
  }
  return bytes;
}

const randomCharacters = Uint8Array.from("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", (character) =>
  character.charCodeAt(0),
);
const randomCharacterCount = randomCharacters.length;

/** Returns a random key of letters and digits. `random` returns numbers from 0 up to 1. */
export function randomPartitionKey(random: () => number, characters: number): string {
  const bytes = new Uint8Array(characters);
  putRandomKey(random, characters, bytes, 0);
  return String.fromCharCode(...bytes);
}

/** Of the 52 bits of a random number, four characters take 24: their share is even to one in 10^8. */
const charactersPerNumber = 4;

/** Writes a random key at `position`, which needs no escape in JSON. Returns the position behind it. */
export function putRandomKey(random: () => number, characters: number, bytes: Uint8Array, position: number): number {
  let rest = 0;
  for (let index = 0; index < characters; index++) {
    if (index % charactersPerNumber === 0) rest = random();
    rest *= randomCharacterCount;
    // An integer to the compiler too: with a double, old V8s (Node 18) look an element up ten times as slowly.
    const digit = rest | 0;
    bytes[position + index] = randomCharacters[digit] as number;
    rest -= digit;
  }
  return position + characters;
}
