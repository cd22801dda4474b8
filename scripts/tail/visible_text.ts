/** Text of others for a terminal, which it can't command. */

/**
 * Controls but the tab (ECMA-48's C0 and C1: with them a text moves the cursor, or sets the title), separators of lines,
 * and what turns the direction of writing, with which a text looks like another one.
 */
// eslint-disable-next-line no-control-regex -- they are what is looked for
const unsafe = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;
const short: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r" };

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text of bytes; undefined when they are no UTF-8. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Unsafe characters as \n, \x1b or \u202e. */
export function visibleText(text: string): string {
  return text.replace(unsafe, (character) => short[character] ?? escapeOf(character.charCodeAt(0)));
}

/** As text, or byte by byte where it is none. */
export function visibleBytes(bytes: Uint8Array): string {
  const text = textOf(bytes);
  if (text !== undefined) return visibleText(text);
  const visible = (byte: number): string => (byte < 0x80 ? visibleText(String.fromCharCode(byte)) : escapeOf(byte));
  return Array.from(bytes, visible).join("");
}

/** JSON with the unsafe characters that JSON allows in its texts as \u0085: the same value. */
export function visibleJson(json: string): string {
  return json.replace(unsafe, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function escapeOf(code: number): string {
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
}
