/** Makes a message fit for a log: without secrets, on one line, and of bounded length. */
import { secrets, type Secrets } from "./secrets.js";

/** Of a line's text, in UTF-8: as much as the buffer of Fluent Bit's log in its older versions. */
export const maxTextBytes = 1024;
/** What is looked at of a message: cleaning makes it shorter only where it hides a secret. */
const maxCharactersRead = 64 * 1024;

const encoder = new TextEncoder();
const room = new Uint8Array(maxTextBytes);

/** Control characters, separators of lines, marks of direction, and halves of characters; with those that end a quotation. */
const unfit = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}]/gu;
const unfitWhenQuoted = /["\\\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}]/gu;

/**
 * Hides secrets, escapes what could pass for another line, turn the text around or command a terminal (a tag or a service's message
 * may hold anything), and cuts the text to 1 KiB, which it says.
 * @param isQuoted whether the text stands between quotation marks, as in JSON
 */
export function logText(message: string, isQuoted = false, hidden: Secrets = secrets): string {
  const text = escaped(withoutSecrets(message, hidden), isQuoted);
  const { read } = encoder.encodeInto(text, room);
  if (read === text.length && message.length <= maxCharactersRead) return text;
  const note = ` [cut: ${message.length} characters in all]`;
  const kept = encoder.encodeInto(text, room.subarray(0, maxTextBytes - note.length)).read;
  return withoutHalfEscape(text.slice(0, kept), isQuoted) + note;
}

/** Returns the text up to so many characters, the last of them whole, with "…" for the rest. */
export function cutTo(maxCharacters: number, text: string): string {
  if (text.length <= maxCharacters) return text;
  return `${text.slice(0, maxCharacters - 1).replace(/[\uD800-\uDBFF]$/u, "")}…`;
}

/** Returns the text, or its first 64 Ki characters, without secrets: before a cut, which could leave the half of one. */
export function withoutSecrets(message: string, hidden: Secrets = secrets): string {
  if (message.length <= maxCharactersRead) return hidden.hide(message);
  const text = hidden.hide(message.slice(0, maxCharactersRead));
  // One that the end cuts in two is not found.
  return text.slice(0, Math.max(0, text.length - hidden.longest));
}

function escaped(text: string, isQuoted: boolean): string {
  return text.replace(isQuoted ? unfitWhenQuoted : unfit, (character) => {
    const json = JSON.stringify(character).slice(1, -1);
    return json === character ? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}` : json;
  });
}

/** Takes away an escape that the cut has left unfinished; outside of quotation marks also one that only looks so. */
function withoutHalfEscape(text: string, isQuoted: boolean): string {
  const [end = "", backslashes = ""] = /(\\+)(?:u[\da-f]{0,3})?$/u.exec(text) ?? [];
  if (isQuoted && backslashes.length % 2 === 0) return text;
  return text.slice(0, text.length - (end.length - Math.max(0, backslashes.length - 1)));
}
