/** Removes record contents, signed strings and secrets from the error messages of services. */
import { cutTo, withoutSecrets } from "./log_text.js";

/** Maximum characters of an error code; services use up to 40. */
const maxCodeCharacters = 100;
/** Maximum characters of an error message; the longest of Kinesis, for a wrong signature, has 300 without the signed strings. */
const maxMessageCharacters = 600;

const quotes = "Value '";
const place = "' at '";

/**
 * Returns the loggable part of a service's error message. Removes a quoted value: it may be a record's partition key and hold any
 * text, so only the last `' at '` surely belongs to the service. Removes the strings that a message about a wrong signature quotes.
 * Hides known secrets before the cut, since the log would not find a cut secret.
 */
export function redactMessage(message: string): string {
  const signed = /The (?:Canonical String|String-to-Sign) /u.exec(message)?.index ?? message.length;
  return cutTo(maxMessageCharacters, withoutSecrets(withoutValue(message.slice(0, signed).trimEnd())));
}

/** Returns the loggable part of a service's error code. */
export function redactCode(code: string): string {
  return cutTo(maxCodeCharacters, withoutSecrets(code));
}

function withoutValue(message: string): string {
  const start = message.indexOf(quotes);
  if (start < 0) return message;
  const end = message.lastIndexOf(place);
  const before = `${message.slice(0, start)}A value`;
  if (end >= start + quotes.length) return before + message.slice(end + 1);
  const close = message.lastIndexOf("'");
  return close < start + quotes.length ? before : before + message.slice(close + 1);
}

/**
 * Returns whether a message that refuses a request's content blames the stream's name or ARN. Reads only the service's own words,
 * since a quoted partition key may name any stream.
 */
export function blamesStream(message: string): boolean {
  const end = message.lastIndexOf(place);
  if (end >= 0 && message.includes(quotes)) return /^' at '(?:\w+\.)*stream(?:Name|ARN)'/iu.test(message.slice(end, end + 100));
  const first = message.search(/['"]/u);
  const own = first < 0 ? message : `${message.slice(0, first)} ${message.slice(Math.max(message.lastIndexOf("'"), message.lastIndexOf('"')) + 1)}`;
  const [subject = ""] = /stream|\b(?:records?|partition|hash ?key|data|blob)\b/iu.exec(own) ?? [];
  return subject.toLowerCase() === "stream";
}
