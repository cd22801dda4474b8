/** Prepares messages for a log: hides secrets, escapes control characters, and limits the length. */
import { secrets, type Secrets } from "./secrets.js";

/** Maximum UTF-8 bytes of a line's text: the buffer size of the log in older Fluent Bit versions. */
export const maxTextBytes = 1024;
/** Maximum characters of a message to process. Far more than `maxTextBytes`, since hiding secrets shortens the text. */
const maxCharactersRead = 64 * 1024;

const encoder = new TextEncoder();
const room = new Uint8Array(maxTextBytes);

/** Control characters, line separators, bidirectional marks and lone surrogates. */
const unsafe = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}]/gu;
/** The same, with the characters that end or escape a quotation. */
const unsafeInQuotes = /["\\\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}]/gu;

/**
 * Prepares a message for a log. Hides secrets, escapes characters that could fake a line, reverse the text or control a terminal (a
 * tag or a service's message may hold any text), and cuts the text to 1 KiB with a note.
 * @param isQuoted whether the text goes between quotation marks, as in JSON
 */
export function logText(message: string, isQuoted = false, hidden: Secrets = secrets): string {
  const text = escaped(withoutSecrets(message, hidden), isQuoted);
  const { read } = encoder.encodeInto(text, room);
  if (read === text.length && message.length <= maxCharactersRead) return text;
  const note = ` [cut: ${message.length} characters in all]`;
  const kept = encoder.encodeInto(text, room.subarray(0, maxTextBytes - note.length)).read;
  return withoutHalfEscape(text.slice(0, kept), isQuoted) + note;
}

/** Cuts a text to a number of characters, ending with "…" when cut. Never splits a surrogate pair. */
export function cutTo(maxCharacters: number, text: string): string {
  if (text.length <= maxCharacters) return text;
  return `${text.slice(0, maxCharacters - 1).replace(/[\uD800-\uDBFF]$/u, "")}…`;
}

/** Hides secrets in the text's first 64 Ki characters, and drops the rest. Call it before cutting: a cut secret is not found. */
export function withoutSecrets(message: string, hidden: Secrets = secrets): string {
  if (message.length <= maxCharactersRead) return hidden.hide(message);
  const text = hidden.hide(message.slice(0, maxCharactersRead));
  // Drops the end, which may hold the start of a secret.
  return text.slice(0, Math.max(0, text.length - hidden.longest));
}

function escaped(text: string, isQuoted: boolean): string {
  return text.replace(isQuoted ? unsafeInQuotes : unsafe, (character) => {
    const json = JSON.stringify(character).slice(1, -1);
    return json === character ? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}` : json;
  });
}

/** Removes an incomplete escape at the end. Outside quotation marks, also removes literal text that looks like one. */
function withoutHalfEscape(text: string, isQuoted: boolean): string {
  const [end = "", backslashes = ""] = /(\\+)(?:u[\da-f]{0,3})?$/u.exec(text) ?? [];
  if (isQuoted && backslashes.length % 2 === 0) return text;
  return text.slice(0, text.length - (end.length - Math.max(0, backslashes.length - 1)));
}
