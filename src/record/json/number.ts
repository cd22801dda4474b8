/** Writes numbers as JSON: floats in the shortest form that parses to the same number. */

const zero = 0x30;
const minus = 0x2d;
const point = 0x2e;

/** Writes an integer from 0 to 2^32 - 1 at `position`. Returns the position after it. */
export function putUnsigned(bytes: Uint8Array, position: number, value: number): number {
  if (value < 10) {
    bytes[position] = zero + value;
    return position + 1;
  }
  return putDigits(bytes, position, value, digitsOf(value));
}

/** Writes an integer from -2^31 to 2^32 - 1. */
export function putInteger(bytes: Uint8Array, position: number, value: number): number {
  if (value >= 0) return putUnsigned(bytes, position, value);
  bytes[position] = minus;
  return putUnsigned(bytes, position + 1, -value);
}

const twoTo32 = 0x1_0000_0000;
const billion = 1_000_000_000;

/** Writes the integer `high` * 2^32 + `low`; `high` is signed if the integer is. */
export function putInteger64(bytes: Uint8Array, position: number, high: number, low: number): number {
  const value = high * twoTo32 + low;
  if (!Number.isSafeInteger(value)) {
    return putAscii(bytes, position, ((BigInt(high) << 32n) + BigInt(low)).toString());
  }
  let to = position;
  let rest = value;
  if (value < 0) {
    bytes[to++] = minus;
    rest = -value;
  }
  if (rest < twoTo32) return putUnsigned(bytes, to, rest);
  const billions = Math.floor(rest / billion);
  to = putUnsigned(bytes, to, billions);
  return putDigits(bytes, to, rest - billions * billion, 9);
}

/** Powers of ten tried as the denominator of a decimal fraction. */
const powers = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000];
/** Limit below which the whole part is written as a 32-bit integer. */
const maxWhole = 2 ** 31;
/** Limit below which different decimal fractions are different doubles: 15 digits (IEEE 754 binary64). */
const maxScaled = 1e15;

/**
 * Writes a 64-bit float, or a 32-bit float widened to a double, as in the Go plugin's decoder.
 * Returns -1 for NaN and infinities, which JSON does not have.
 */
export function putFloat(bytes: Uint8Array, position: number, value: number): number {
  const size = Math.abs(value);
  if (size < maxWhole) {
    for (let decimals = 0; decimals < powers.length; decimals++) {
      const power = powers[decimals] as number;
      const scaled = Math.round(size * power);
      // At most one fraction of up to 15 digits parses to the number, so the first found is the shortest.
      if (scaled / power === size && scaled < maxScaled) return putFraction(bytes, position, value, scaled, decimals);
    }
  }
  return Number.isFinite(value) ? putAscii(bytes, position, String(value)) : -1;
}

/** Writes `scaled` with `decimals` of its digits after the decimal point, and the sign of `value`, also of -0. */
function putFraction(bytes: Uint8Array, position: number, value: number, scaled: number, decimals: number): number {
  let to = position;
  if (value < 0 || Object.is(value, -0)) bytes[to++] = minus;
  const power = powers[decimals] as number;
  const whole = Math.floor(scaled / power);
  to = putUnsigned(bytes, to, whole);
  if (decimals === 0) return to;
  bytes[to++] = point;
  return putDigits(bytes, to, scaled - whole * power, decimals);
}

function digitsOf(value: number): number {
  if (value < 100_000) return value < 100 ? 2 : value < 1000 ? 3 : value < 10_000 ? 4 : 5;
  return value < 1_000_000 ? 6 : value < 10_000_000 ? 7 : value < 100_000_000 ? 8 : value < billion ? 9 : 10;
}

/** Writes the last `digits` digits, with leading zeros. */
function putDigits(bytes: Uint8Array, position: number, value: number, digits: number): number {
  let rest = value;
  for (let to = position + digits - 1; to >= position; to--) {
    const tenth = Math.floor(rest / 10);
    bytes[to] = zero + (rest - tenth * 10);
    rest = tenth;
  }
  return position + digits;
}

function putAscii(bytes: Uint8Array, position: number, text: string): number {
  for (let index = 0; index < text.length; index++) bytes[position + index] = text.charCodeAt(index);
  return position + text.length;
}
