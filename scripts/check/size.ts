/** Sizes as Fluent Bit reads them. Source: src/flb_utils.c, flb_utils_size_to_bytes, which looks at no first character. */

/** Whether a text is bytes, a number with a unit, or "off" and the like. */
export function isSize(text: string): boolean {
  return isUnlimited(text) || /^(?:[kmg]b?)?$/iu.test(/\D*$/u.exec(text.slice(1))?.[0] ?? "");
}

/** Whether a size of an output says that there is no limit. Source: src/flb_output.c, flb_output_set_property. */
export function isUnlimited(size: string): boolean {
  return /^(?:|off|false|no|0+)$/iu.test(size);
}
