/** Numbers as JSON writes them: floats in the shortest form that reads back as the same number. */

/**
 * A float of 64 bits, or one of 32, which is written as the double that holds it: the Go plugin's decoder makes doubles
 * of both. Undefined for NaN and infinities, which JSON does not have.
 */
export function jsonFloat(value: number): string | undefined {
  if (!Number.isFinite(value)) return undefined;
  return Object.is(value, -0) ? "-0" : String(value);
}
