/** Escapes untrusted text, so that it cannot control a terminal. */

/**
 * Matches controls except the tab (ECMA-48's C0 and C1, which can move the cursor or set the title), line separators, and
 * characters for the writing direction, which can make a text look like another one.
 */
// eslint-disable-next-line no-control-regex -- this looks for them
const unsafe = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;
/** Matches unsafe bytes of data that is not UTF-8, decoded as Latin-1. */
// eslint-disable-next-line no-control-regex -- this looks for them
const unsafeByte = /[\u0000-\u0008\u000a-\u001f\u007f-\u00ff]/gu;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Decodes UTF-8; returns undefined for other bytes. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Returns text with unsafe characters escaped as \n, \x1b or \u202e. */
export function visibleText(text: string): string {
  return escaped(text, unsafe, textEscapes);
}

/** Returns bytes as escaped text, or byte by byte if they are not UTF-8. */
export function visibleBytes(bytes: Uint8Array): string {
  const text = textOf(bytes);
  if (text !== undefined) return visibleText(text);
  const { buffer, byteOffset, length } = bytes;
  return escaped(Buffer.from(buffer, byteOffset, length).toString("latin1"), unsafeByte, textEscapes);
}

/** Returns equivalent JSON with the unsafe characters in its strings escaped as \u0085. */
export function visibleJson(json: string): string {
  return escaped(json, unsafe, jsonEscapes);
}

type Escapes = (character: string) => string;

const textEscapes = cached((character) => {
  if (character === "\n") return "\\n";
  if (character === "\r") return "\\r";
  return character < "\u0100" ? `\\x${hex(character, 2)}` : `\\u${hex(character, 4)}`;
});
const jsonEscapes = cached((character) => `\\u${hex(character, 4)}`);

function hex(character: string, digits: number): string {
  return character.charCodeAt(0).toString(16).padStart(digits, "0");
}

/** Caches escapes: there are few, and a record may repeat one many times. */
function cached(escape: Escapes): Escapes {
  const known = new Map<string, string>();
  return (character) => {
    const found = known.get(character) ?? escape(character);
    known.set(character, found);
    return found;
  };
}

/** Characters per call of replace(), which uses many times the memory of its text. */
const partCharacters = 64 * 1024;

/** Escapes a text in parts. A part may end anywhere: each match is one UTF-16 unit. */
function escaped(text: string, pattern: RegExp, escapes: Escapes): string {
  if (text.length <= partCharacters) return text.replace(pattern, escapes);
  const parts: string[] = [];
  for (let at = 0; at < text.length; at += partCharacters) {
    parts.push(text.slice(at, at + partCharacters).replace(pattern, escapes));
  }
  return parts.join("");
}
