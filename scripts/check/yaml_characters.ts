/** Finds characters that libyaml, Fluent Bit's YAML reader, rejects but the package yaml accepts. Source: libyaml, src/reader.c, src/parser.c. */

/**
 * Returns the offset of the first such place with the error; undefined for valid text.
 * @param isUtf8 whether the file's bytes are UTF-8; invalid bytes are U+FFFD in the text
 */
export function unreadablePlace(text: string, isUtf8: boolean): { readonly at: number; readonly message: string; readonly advice: string } | undefined {
  // eslint-disable-next-line no-control-regex -- this looks for them
  const { index: control } = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufffe\uffff]/u.exec(text.replace(/^\ufeff/u, " ")) ?? {};
  const { index: directive } = /^%(?!YAML[ \t]+1\.[12](?:[ \t\r]|$)|TAG\s).*$/mu.exec(beforeContent(text)) ?? {};
  if (!isUtf8) return { at: Math.max(0, text.indexOf("\ufffd")), message: "this is not UTF-8 text", advice: "Save the file as UTF-8" };
  if (control !== undefined) return { at: control, message: "a control character, which YAML does not allow", advice: 'Remove it, or write it as "\\u0001" between double quotes' };
  if (directive !== undefined) return { at: directive, message: "Fluent Bit does not know this directive", advice: "Remove the line" };
  return undefined;
}

/** Returns the text before the first content: a line that begins with % is a directive only there. */
function beforeContent(text: string): string {
  return /^(?:[%#].*\r?\n|[ \t]*\r?\n)*/u.exec(text)?.[0] ?? "";
}
