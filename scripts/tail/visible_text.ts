/** Text of others for a terminal, which it can't command. */

/**
 * Controls but the tab (ECMA-48's C0 and C1: with them a text moves the cursor, or sets the title), separators of lines,
 * and what turns the direction of writing, with which a text looks like another one.
 */
// eslint-disable-next-line no-control-regex -- they are what is looked for
const unsafe = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;
/** The same among bytes that are no UTF-8, each as the character of its number. */
// eslint-disable-next-line no-control-regex -- they are what is looked for
const unsafeByte = /[\u0000-\u0008\u000a-\u001f\u007f-\u00ff]/gu;

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
  return escaped(text, unsafe, textEscapes);
}

/** As text, or byte by byte where it is none. */
export function visibleBytes(bytes: Uint8Array): string {
  const text = textOf(bytes);
  if (text !== undefined) return visibleText(text);
  const { buffer, byteOffset, length } = bytes;
  return escaped(Buffer.from(buffer, byteOffset, length).toString("latin1"), unsafeByte, textEscapes);
}

/** JSON with the unsafe characters that JSON allows in its texts as \u0085: the same value. */
export function visibleJson(json: string): string {
  return escaped(json, unsafe, jsonEscapes);
}

type Escapes = (character: string) => string;

const textEscapes = remembered((character) => {
  if (character === "\n") return "\\n";
  if (character === "\r") return "\\r";
  return character < "\u0100" ? `\\x${hex(character, 2)}` : `\\u${hex(character, 4)}`;
});
const jsonEscapes = remembered((character) => `\\u${hex(character, 4)}`);

function hex(character: string, digits: number): string {
  return character.charCodeAt(0).toString(16).padStart(digits, "0");
}

/** There are few of them, and a record may be full of one. */
function remembered(escape: Escapes): Escapes {
  const known = new Map<string, string>();
  return (character) => {
    const found = known.get(character) ?? escape(character);
    known.set(character, found);
    return found;
  };
}

/** While it works, replace() takes many times the memory of the text: so a long one goes in by parts. */
const partCharacters = 64 * 1024;

/** All that is replaced is of one UTF-16 unit, so a part may end anywhere. */
function escaped(text: string, pattern: RegExp, escapes: Escapes): string {
  if (text.length <= partCharacters) return text.replace(pattern, escapes);
  const parts: string[] = [];
  for (let at = 0; at < text.length; at += partCharacters) {
    parts.push(text.slice(at, at + partCharacters).replace(pattern, escapes));
  }
  return parts.join("");
}
