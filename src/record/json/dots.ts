/** Replaces the dots in a key. */
import { inputOf, type Input } from "../../chunk/msgpack.js";

const dot = 0x2e;

/** Returns whether the text at `start` contains a dot. */
export function hasDot(input: Input, start: number, count: number): boolean {
  for (let index = start; index < start + count; index++) if (input.bytes[index] === dot) return true;
  return false;
}

/** Returns the text at `start` with each dot replaced, as a separate input. */
export function replaceDotsIn(input: Input, start: number, count: number, replacement: Uint8Array): Input {
  let dots = 0;
  for (let index = start; index < start + count; index++) if (input.bytes[index] === dot) dots++;
  const bytes = new Uint8Array(count + dots * (replacement.length - 1));
  let to = 0;
  for (let index = start; index < start + count; index++) {
    const byte = input.bytes[index] as number;
    if (byte === dot) {
      bytes.set(replacement, to);
      to += replacement.length;
    } else {
      bytes[to++] = byte;
    }
  }
  return inputOf(bytes);
}
