/** Keeps out of our messages what a service quotes in its own. */
import { cutTo, withoutSecrets } from "./log_text.js";

/** Codes of services have up to 40 characters. */
const maxCodeCharacters = 100;
/** The longest of Kinesis, for a wrong signature, has 300 without what should have been signed. */
const maxMessageCharacters = 600;

const quotes = "Value '";
const place = "' at '";

/**
 * What of a service's message may be told. It quotes a value that it refuses, which may be a record's partition key and hold any text,
 * so that only the last place is surely the service's own word; and for a wrong signature all that should have been signed. A known
 * secret is hidden here: the log would not find one that is cut.
 */
export function toldMessage(message: string): string {
  const signed = /The (?:Canonical String|String-to-Sign) /u.exec(message)?.index ?? message.length;
  return cutTo(maxMessageCharacters, withoutSecrets(withoutValue(message.slice(0, signed).trimEnd())));
}

/** What of a service's code may be told. */
export function toldCode(code: string): string {
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
 * Whether a refusal of a request's content is about the stream's name or ARN. Only the service's own words count: a partition key that
 * it quotes may name any stream.
 */
export function blamesStream(message: string): boolean {
  const end = message.lastIndexOf(place);
  if (end >= 0 && message.includes(quotes)) return /^' at '(?:\w+\.)*stream(?:Name|ARN)'/iu.test(message.slice(end, end + 100));
  const first = message.search(/['"]/u);
  const own = first < 0 ? message : `${message.slice(0, first)} ${message.slice(Math.max(message.lastIndexOf("'"), message.lastIndexOf('"')) + 1)}`;
  const [subject = ""] = /stream|\b(?:records?|partition|hash ?key|data|blob)\b/iu.exec(own) ?? [];
  return subject.toLowerCase() === "stream";
}
