/** The symbols of Deflate for lengths and distances (RFC 1951, 3.2.5). */

/** The symbol behind a block's last. */
export const endOfBlock = 256;
/** Symbols of the literals, the block's end and the lengths. */
export const literalSymbols = 286;
/** The symbol of the shortest length, in the alphabet that lengths share with literals. */
export const firstLengthSymbol = 257;
/** The fewest of them that a block can have codes for: the literals and its end. */
export const fewestLiteralSymbols = 257;
/** Symbols of the distances. */
export const distanceSymbols = 30;

const shortestLength = 3;
const longestLength = 258;
const longestDistance = 32 * 1024;

/** Bits behind each length's symbol. */
export const lengthExtraBits = Uint8Array.from({ length: 29 }, (_, symbol) => (symbol < 8 || symbol === 28 ? 0 : (symbol >> 2) - 1));
/** Bits behind each distance's symbol. */
export const distanceExtraBits = Uint8Array.from({ length: distanceSymbols }, (_, symbol) => (symbol < 4 ? 0 : (symbol >> 1) - 1));

/** The shortest length of each symbol. */
export const lengthBases = bases(lengthExtraBits, shortestLength);
// The longest length has a symbol of its own, though the one before it has a value to spare.
lengthBases[28] = longestLength;
/** The shortest distance of each symbol. */
export const distanceBases = bases(distanceExtraBits, 1);

/** The symbol of each length, counted from {@link firstLengthSymbol}. */
export const lengthSymbols = Uint8Array.from({ length: longestLength + 1 }, (_, length) => symbolOf(lengthBases, length));

// Distances of up to 256, then all distances in steps of 128: symbols of more than 7 bits start at such steps.
const nearSteps = 256;
const farShift = 7;
const distanceTable = new Uint8Array(nearSteps + (longestDistance >> farShift));
for (let index = 0; index < nearSteps; index++) distanceTable[index] = symbolOf(distanceBases, index + 1);
for (let step = 0; step < longestDistance >> farShift; step++) {
  distanceTable[nearSteps + step] = symbolOf(distanceBases, (step << farShift) + 1);
}

/** The symbol of a distance. */
export function distanceSymbolOf(distance: number): number {
  const index = distance <= nearSteps ? distance - 1 : nearSteps + ((distance - 1) >> farShift);
  return distanceTable[index] as number;
}

function bases(extraBits: Uint8Array, shortest: number): Uint16Array {
  let base = shortest;
  return Uint16Array.from(extraBits, (bits) => (base += 1 << bits) - (1 << bits));
}

function symbolOf(symbolBases: Uint16Array, value: number): number {
  let symbol = symbolBases.length - 1;
  while (symbol > 0 && (symbolBases[symbol] as number) > value) symbol--;
  return symbol;
}
