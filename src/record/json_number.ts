/** Numbers as JSON writes them: integers exact to 64 bits, floats in their shortest form, as Go prints them. */

/** A float of 64 bits; undefined for NaN and infinities, which JSON does not have. */
export function jsonFloat64(value: number): string | undefined {
  if (!Number.isFinite(value)) return undefined;
  return Object.is(value, -0) ? "-0" : String(value);
}

/** A float of 32 bits: the shortest decimal that gives the same float back; undefined for NaN and infinities. */
export function jsonFloat32(value: number): string | undefined {
  if (!Number.isFinite(value)) return undefined;
  if (Object.is(value, -0)) return "-0";
  // 9 significant digits tell all floats of 32 bits apart (IEEE 754, section 5.12.2).
  for (let digits = 1; digits < 9; digits++) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) return String(shorter);
  }
  return String(Number(value.toPrecision(9)));
}
