// Makes chunks that violate the format: false lengths, deep nesting, broken text, and damaged chunks.
import type { SeededRandom } from "./seeded_random.js";

type Bytes = readonly number[];

const interesting: readonly Bytes[] = [
  [0xdf, 0xff, 0xff, 0xff, 0xff], // a map of 2^32 - 1 entries
  [0xdd, 0xff, 0xff, 0xff, 0xff],
  [0xdb, 0xff, 0xff, 0xff, 0xff], // a text of 4 GiB
  [0xc6, 0x7f, 0xff, 0xff, 0xff],
  [0xc9, 0xff, 0xff, 0xff, 0xff, 0x00],
  [0xc7, 0x00, 0x01], // an empty extension
  [0xc7, 0x07, 0x00],
  [0xc9, 0x00],
  [0xd7, 0x00],
  [0xd7, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0xd7, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0xc7, 0x0c, 0xff, 0x3b, 0x9a, 0xc9, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0],
  [0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0], // NaN
  [0xcb, 0x7f, 0xef, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0xca, 0xff, 0x80, 0, 0],
  [0xa4, 0xf0, 0x9f, 0x92, 0xa9],
  [0xa3, 0xed, 0xa0, 0x80], // a surrogate
  [0xa2, 0xc0, 0x80],
  [0xa1, 0xff],
  [0xa4, 0x00, 0x1f, 0x22, 0x5c],
  [0xa3, 0x61, 0x2e, 0x62],
  [0xa1, 0x61],
  [0xa3, 0x6c, 0x6f, 0x67],
  [0xa0],
  [0x80],
  [0x90],
  [0xc0],
  [0xc1],
  [0xc3],
  [0x92, 0xff, 0x80],
];

/** Returns a value, with something wrong in it about half of the time. */
export function hostileValue(random: SeededRandom, depth: number): number[] {
  const kind = random.below(depth > 0 ? 10 : 6);
  if (kind < 2) return [...random.pick(interesting)];
  if (kind < 4) return text(random);
  if (kind < 6) return [random.below(256), ...someBytes(random, random.below(9))];
  const count = random.below(5);
  const told = random.below(12) === 0 ? random.below(16) : count;
  const isMap = kind < 9;
  const bytes = [(isMap ? 0x80 : 0x90) | told];
  for (let index = 0; index < count; index++) {
    if (isMap) bytes.push(...(random.below(8) === 0 ? hostileValue(random, depth - 1) : text(random)));
    bytes.push(...hostileValue(random, depth - 1));
  }
  return bytes;
}

function text(random: SeededRandom): number[] {
  const known = Buffer.from(random.pick(["a", "b", "a.b", "log", "time", ""]));
  const content = random.below(3) === 0 ? someBytes(random, random.below(31)) : Array.from(known);
  return [0xa0 | content.length, ...content];
}

function someBytes(random: SeededRandom, count: number): number[] {
  return Array.from({ length: count }, () => random.below(256));
}

/** Returns an event whose body may contain anything. */
export function hostileEvent(random: SeededRandom): number[] {
  const time = random.pick<Bytes>([[0x05], [0xd7, 0, 0x65, 0x53, 0xf1, 0, 7, 0x5b, 0xcd, 0x15], ...interesting]);
  const header = random.below(2) === 0 ? time : [0x92, ...time, 0x80];
  const count = random.below(6);
  const body = [0x80 | count];
  for (let index = 0; index < count; index++) body.push(...text(random), ...hostileValue(random, 3));
  return [0x92, ...header, ...body];
}

/** Returns the chunk with one to four kinds of damage, and at most `limit` bytes. */
export function damaged(chunk: Uint8Array, other: Uint8Array, random: SeededRandom, limit: number): Uint8Array {
  let bytes = Buffer.from(chunk);
  for (let turn = random.below(4); turn >= 0; turn--) bytes = damagedOnce(bytes, other, random);
  return Uint8Array.from(bytes.subarray(0, limit));
}

function damagedOnce(chunk: Buffer<ArrayBuffer>, other: Uint8Array, random: SeededRandom): Buffer<ArrayBuffer> {
  const at = random.below(chunk.length + 1);
  const before = chunk.subarray(0, at);
  const rest = chunk.subarray(at);
  switch (random.below(9)) {
    case 0:
      return before;
    case 1: {
      const changed = Buffer.from(chunk);
      if (at < changed.length) changed[at] = random.pick([0, 0x7f, 0x80, 0xff, random.below(256)]);
      return changed;
    }
    case 2:
      return Buffer.concat([before, Buffer.from(random.pick(interesting)), rest]);
    case 3:
      return Buffer.concat([before, Buffer.from(random.pick(interesting)), rest.subarray(random.below(8))]);
    case 4:
      return Buffer.concat([before, other.subarray(random.below(other.length + 1))]);
    case 5:
      return Buffer.concat([before, Buffer.from(hostileEvent(random)), rest]);
    case 6: {
      const part = rest.subarray(0, 1 + random.below(40));
      return Buffer.concat([before, ...Array.from({ length: 1 << random.below(8) }, () => part), rest]);
    }
    case 7:
      return Buffer.concat([before, Buffer.alloc(1 + random.below(2000), random.pick([0x81, 0x91, 0x92, 0xa1, 0xc0])), rest]);
    default:
      return Buffer.concat([before, rest.subarray(random.below(rest.length + 1))]);
  }
}
