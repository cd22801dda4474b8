/** Reads sizes as Fluent Bit does. Source: src/flb_utils.c, flb_utils_size_to_bytes, which ignores the first character. */

/** Returns whether a text is a number of bytes, a number with a unit, or "off" and the like. */
export function isSize(text: string): boolean {
  return isUnlimited(text) || /^(?:[kmg]b?)?$/iu.test(/\D*$/u.exec(text.slice(1))?.[0] ?? "");
}

/** Returns whether a size of an output means no limit. Source: src/flb_output.c, flb_output_set_property. */
export function isUnlimited(size: string): boolean {
  return /^(?:|off|false|no|0+)$/iu.test(size);
}
