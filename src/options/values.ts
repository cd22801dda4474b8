/** The forms of single option values: what is taken, and what is said of anything else. */
import type { CompressionAlgorithm } from "../pack/compression.js";
import { ConfigurationError } from "../configuration_error.js";
import type { RequestFormat } from "../kinesis/request_format.js";
import { parseKeyExpression, singlePathOf, type KeyExpression, type KeyTemplate } from "../record/key_expression.js";
import { defaultTimeFormat, TimeFormat } from "../record/time_key/format.js";
import { localZone, namedZone, utcZone, type Zone, type ZoneAbbreviation } from "../record/time_key/zone.js";
import { namesStream } from "./stream_name.js";

function wrong(name: string, value: string, allowed: string): ConfigurationError {
  return new ConfigurationError(`Invalid '${name}' value (${value}) specified, ${allowed}`);
}

/** A name or an ARN. @throws ConfigurationError, also when it is empty */
export function readStream(value: string): string {
  if (value === "") throw new ConfigurationError(required("stream"));
  if (namesStream(value)) return value;
  throw wrong("stream", value, "must be a stream's name (letters, digits, '_', '.', '-') or its ARN");
}

/** The code of a region, of an option or a variable of this name; undefined when it is empty. @throws ConfigurationError */
export function readRegion(name: string, value: string): string | undefined {
  if (value === "") return undefined;
  if (/^[a-zA-Z0-9-]{1,63}$/u.test(value)) return value;
  throw wrong(name, value, "must be the code of an AWS region such as us-west-2");
}

/** The message about a required option without a value. @param more what else is to be said of it, with a comma before */
export function required(missing: "stream" | "region", more = ""): string {
  return `stream and region are required configuration parameters ('${missing}' is not set${more})`;
}

/** Undefined when the key is to be random. @throws ConfigurationError */
export function readPartitionKey(value: string): KeyExpression | undefined {
  if (value === "") return undefined;
  const expression = readKeyExpression("partition_key", value);
  // A line as its own key spreads records no better than a random one, and costs its length.
  const isLog = (template: KeyTemplate) => singlePathOf([template])?.join("") === "log";
  if (expression.some(isLog)) throw new ConfigurationError("'log' cannot be set as the partition key");
  return expression;
}

/** Undefined when all records go to one stream. @throws ConfigurationError */
export function readStreamKey(value: string): KeyExpression | undefined {
  return value === "" ? undefined : readKeyExpression("stream_key", value);
}

/** @throws ConfigurationError that says what is wrong with it and which forms there are */
export function readKeyExpression(name: string, value: string): KeyExpression {
  try {
    return parseKeyExpression(value);
  } catch (error) {
    if (error instanceof RangeError) {
      throw wrong(name, value, `${error.message}; must be a key such as pod or kubernetes->pod_name, a text such as $kubernetes['pod_name']-$TAG[1], or several with commas between`);
    }
    throw error;
  }
}

/** Names between commas, without the blanks around them; undefined when there are none. */
export function readKeyNames(value: string): string[] | undefined {
  return value === "" ? undefined : value.split(",").map((key) => key.trim());
}

/** @throws ConfigurationError that names the letter which is not known */
export function readTimeFormat(value: string, zone: Zone): TimeFormat {
  try {
    return new TimeFormat(value === "" ? defaultTimeFormat : value, zone);
  } catch (error) {
    if (error instanceof RangeError) {
      throw wrong("time_key_format", value, `${error.message}; see strftime(3), besides %L, %f and %3N, %6N, %9N`);
    }
    throw error;
  }
}

/** The local zone when it is empty. @throws ConfigurationError */
export function readZone(value: string, abbreviation: ZoneAbbreviation): Zone {
  const name = value.toLowerCase();
  if (name === "" || name === "local") return localZone(abbreviation);
  if (name === "utc") return utcZone;
  try {
    return namedZone(value, abbreviation);
  } catch (error) {
    if (error instanceof RangeError) {
      throw wrong("time_key_zone", value, `must be 'local', 'UTC' or a zone of the tz database such as Europe/Berlin: ${error.message}`);
    }
    throw error;
  }
}

/** Undefined for none. @throws ConfigurationError */
export function readCompression(value: string): CompressionAlgorithm | undefined {
  const algorithm = value.toLowerCase();
  if (algorithm === "" || algorithm === "none") return undefined;
  if (algorithm === "zlib" || algorithm === "gzip" || algorithm === "zstd" || algorithm === "snappy") return algorithm;
  throw wrong("compression", value, "must be 'zlib', 'gzip', 'zstd', 'snappy', 'none', or undefined");
}

/** @throws ConfigurationError */
export function readRequestFormat(value: string): RequestFormat {
  const format = value.toLowerCase();
  if (format === "") return "json";
  if (format === "json" || format === "cbor") return format;
  throw wrong("request_format", value, "must be 'json', 'cbor', or undefined");
}

/** Source: RFC 3986, 2.2 and 2.3. */
const isUrlText = /^[\w.~:/?#[\]@!$&'()*+,;=%-]+$/u;

/** A URL, with https where the value has no scheme; undefined when it is empty. @throws ConfigurationError */
export function readEndpoint(name: string, value: string): string | undefined {
  if (value === "") return undefined;
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//iu.test(value) ? value : `https://${value}`;
  try {
    const { protocol, hostname, username, password } = new URL(withScheme);
    if (username !== "" || password !== "") throw wrong(name, "…", "must not hold a user or a password");
    // Stricter than URL, which skips newlines and takes "${HOST}" for a name. The longest name: RFC 1035, 2.3.4.
    const isHost = /^(?:[\w.-]{1,253}|\[[\da-f:.]+\])$/iu.test(hostname);
    if ((protocol === "https:" || protocol === "http:") && isHost && isUrlText.test(value)) return withScheme;
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    // No URL at all: refused below.
  }
  throw wrong(name, value, "must be a host name or a URL such as https://kinesis.us-west-2.amazonaws.com");
}

/** The role of an option or a variable of this name; undefined when it is empty. @throws ConfigurationError */
export function readRoleArn(name: string, value: string): string | undefined {
  if (value === "") return undefined;
  if (/^arn:aws[\w-]*:iam::\d{12}:role\/.+$/u.test(value)) return value;
  throw wrong(name, value, "must be the ARN of an IAM role such as arn:aws:iam::123456789012:role/name");
}

/** Undefined when it is empty. @throws ConfigurationError that does not show it */
export function readExternalId(value: string): string | undefined {
  if (value === "") return undefined;
  // Source: AWS STS API Reference, AssumeRole, ExternalId.
  if (/^[\w+=,.@:/-]{2,1224}$/u.test(value)) return value;
  throw wrong("external_id", "…", "must be 2 to 1224 letters, digits and characters of _+=,.@:/-");
}

/** Undefined when it is empty. @throws ConfigurationError */
export function readRoleSessionName(value: string): string | undefined {
  if (value === "") return undefined;
  // Source: AWS STS API Reference, AssumeRole, RoleSessionName.
  if (/^[\w+=,.@-]{2,64}$/u.test(value)) return value;
  throw wrong("role_session_name", value, "must be 2 to 64 letters, digits and characters of _+=,.@-");
}

/** A whole number from `lowest` to `highest`; `fallback` when it is empty. @throws ConfigurationError */
export function readInteger(name: string, value: string, fallback: number, lowest: number, highest: number): number {
  if (value === "") return fallback;
  const number = /^[+-]?\d+$/u.test(value) ? Number(value) : Number.NaN;
  if (number >= lowest && number <= highest) return number;
  const range =
    highest === Number.MAX_SAFE_INTEGER ? `of ${lowest} or more` : `from ${lowest} to ${highest}`;
  throw wrong(name, value, `must be a whole number ${range}`);
}

const unitBytes: Readonly<Record<string, number>> = { "": 1, k: 1000, m: 1000 ** 2, g: 1000 ** 3 };

/**
 * A size in bytes, or with a unit as Fluent Bit writes sizes: k is 1000 (Fluent Bit, src/flb_utils.c, flb_utils_size_to_bytes).
 * `fallback`, `lowest` and `highest` are such texts too.
 * @throws ConfigurationError
 */
export function readSize(name: string, value: string, fallback: string, lowest: string, highest: string): number {
  const bytes = bytesOf(value === "" ? fallback : value);
  if (bytes >= bytesOf(lowest) && bytes <= bytesOf(highest)) return bytes;
  throw wrong(name, value, `must be a size from ${lowest} to ${highest}, in bytes or with k, m or g`);
}

function bytesOf(text: string): number {
  const [, number = "", unit = ""] = /^(\d+(?:\.\d+)?)(?:([kmg])b?)?$/iu.exec(text) ?? [];
  return number === "" ? Number.NaN : Math.floor(Number(number) * (unitBytes[unit.toLowerCase()] ?? 1));
}
