/** Reads single option values, and rejects invalid ones with a message that names the allowed values. */
import type { CompressionAlgorithm } from "../pack/compression.js";
import { ConfigurationError } from "../configuration_error.js";
import type { RequestFormat } from "../kinesis/request_format.js";
import { parseKeyExpression, singlePathOf, type KeyExpression, type KeyTemplate } from "../record/key_expression.js";
import { defaultTimeFormat, TimeFormat } from "../record/time_key/format.js";
import { localZone, namedZone, utcZone, type Zone, type ZoneAbbreviation } from "../record/time_key/zone.js";
import { namesStream } from "./stream_name.js";

function invalid(name: string, value: string, allowed: string): ConfigurationError {
  return new ConfigurationError(`Invalid '${name}' value (${value}) specified, ${allowed}`);
}

/** Returns a stream's name or ARN. @throws ConfigurationError, also for an empty value */
export function readStream(value: string): string {
  if (value === "") throw new ConfigurationError(required("stream"));
  if (namesStream(value)) return value;
  throw invalid("stream", value, "must be a stream's name (letters, digits, '_', '.', '-') or its ARN");
}

/** Returns a region's code; undefined when empty. @param name of the option or variable. @throws ConfigurationError */
export function readRegion(name: string, value: string): string | undefined {
  if (value === "") return undefined;
  if (/^[a-zA-Z0-9-]{1,63}$/u.test(value)) return value;
  throw invalid(name, value, "must be the code of an AWS region such as us-west-2");
}

/** Returns the message about a required option without a value. @param more further text, with a comma before it */
export function required(missing: "stream" | "region", more = ""): string {
  return `stream and region are required configuration parameters ('${missing}' is not set${more})`;
}

/** Returns undefined for a random key. @throws ConfigurationError */
export function readPartitionKey(value: string): KeyExpression | undefined {
  if (value === "") return undefined;
  const expression = readKeyExpression("partition_key", value);
  // A line as its own key spreads records no better than a random one, and costs its length.
  const isLog = (template: KeyTemplate) => singlePathOf([template])?.join("") === "log";
  if (expression.some(isLog)) throw new ConfigurationError("'log' cannot be set as the partition key");
  return expression;
}

/** Returns undefined when all records go to one stream. @throws ConfigurationError */
export function readStreamKey(value: string): KeyExpression | undefined {
  return value === "" ? undefined : readKeyExpression("stream_key", value);
}

/** @throws ConfigurationError with the error and the allowed forms */
export function readKeyExpression(name: string, value: string): KeyExpression {
  try {
    return parseKeyExpression(value);
  } catch (error) {
    if (error instanceof RangeError) {
      throw invalid(name, value, `${error.message}; must be a key such as pod or kubernetes->pod_name, a text such as $kubernetes['pod_name']-$TAG[1], or several, separated by commas`);
    }
    throw error;
  }
}

/** Returns comma-separated names without the blanks around them; undefined when empty. */
export function readKeyNames(value: string): string[] | undefined {
  return value === "" ? undefined : value.split(",").map((key) => key.trim());
}

/** @throws ConfigurationError that names the unknown letter */
export function readTimeFormat(value: string, zone: Zone): TimeFormat {
  try {
    return new TimeFormat(value === "" ? defaultTimeFormat : value, zone);
  } catch (error) {
    if (error instanceof RangeError) {
      throw invalid("time_key_format", value, `${error.message}; see strftime(3); %L, %f, %3N, %6N and %9N are allowed too`);
    }
    throw error;
  }
}

/** Returns the local zone for an empty value. @throws ConfigurationError */
export function readZone(value: string, abbreviation: ZoneAbbreviation): Zone {
  const name = value.toLowerCase();
  if (name === "" || name === "local") return localZone(abbreviation);
  if (name === "utc") return utcZone;
  try {
    return namedZone(value, abbreviation);
  } catch (error) {
    if (error instanceof RangeError) {
      throw invalid("time_key_zone", value, `must be 'local', 'UTC' or a zone of the tz database such as Europe/Berlin: ${error.message}`);
    }
    throw error;
  }
}

/** Returns undefined for no compression. @throws ConfigurationError */
export function readCompression(value: string): CompressionAlgorithm | undefined {
  const algorithm = value.toLowerCase();
  if (algorithm === "" || algorithm === "none") return undefined;
  if (algorithm === "zlib" || algorithm === "gzip" || algorithm === "zstd" || algorithm === "snappy") return algorithm;
  throw invalid("compression", value, "must be 'zlib', 'gzip', 'zstd', 'snappy', 'none', or undefined");
}

/** @throws ConfigurationError */
export function readRequestFormat(value: string): RequestFormat {
  const format = value.toLowerCase();
  if (format === "") return "json";
  if (format === "json" || format === "cbor") return format;
  throw invalid("request_format", value, "must be 'json', 'cbor', or undefined");
}

/** Source: RFC 3986, 2.2 and 2.3. */
const isUrlText = /^[\w.~:/?#[\]@!$&'()*+,;=%-]+$/u;

/** Returns a URL, with https when the value has no scheme; undefined when empty. @throws ConfigurationError */
export function readEndpoint(name: string, value: string): string | undefined {
  if (value === "") return undefined;
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//iu.test(value) ? value : `https://${value}`;
  try {
    const { protocol, hostname, username, password } = new URL(withScheme);
    if (username !== "" || password !== "") throw invalid(name, "…", "must not hold a user or a password");
    // Stricter than URL, which skips newlines and accepts "${HOST}" as a name. Longest name: RFC 1035, 2.3.4.
    const isHost = /^(?:[\w.-]{1,253}|\[[\da-f:.]+\])$/iu.test(hostname);
    if ((protocol === "https:" || protocol === "http:") && isHost && isUrlText.test(value)) return withScheme;
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    // Not a URL: rejected below.
  }
  throw invalid(name, value, "must be a host name or a URL such as https://kinesis.us-west-2.amazonaws.com");
}

/** Returns a role's ARN; undefined when empty. @param name of the option or variable. @throws ConfigurationError */
export function readRoleArn(name: string, value: string): string | undefined {
  if (value === "") return undefined;
  if (/^arn:aws[\w-]*:iam::\d{12}:role\/.+$/u.test(value)) return value;
  throw invalid(name, value, "must be the ARN of an IAM role such as arn:aws:iam::123456789012:role/name");
}

/** Returns undefined when empty. @throws ConfigurationError that does not show the value */
export function readExternalId(value: string): string | undefined {
  if (value === "") return undefined;
  // Source: AWS STS API Reference, AssumeRole, ExternalId.
  if (/^[\w+=,.@:/-]{2,1224}$/u.test(value)) return value;
  throw invalid("external_id", "…", "must be 2 to 1224 letters, digits and characters of _+=,.@:/-");
}

/** Returns undefined when empty. @throws ConfigurationError */
export function readRoleSessionName(value: string): string | undefined {
  if (value === "") return undefined;
  // Source: AWS STS API Reference, AssumeRole, RoleSessionName.
  if (/^[\w+=,.@-]{2,64}$/u.test(value)) return value;
  throw invalid("role_session_name", value, "must be 2 to 64 letters, digits and characters of _+=,.@-");
}

/** Returns a whole number from `lowest` to `highest`; `fallback` for an empty value. @throws ConfigurationError */
export function readInteger(name: string, value: string, fallback: number, lowest: number, highest: number): number {
  if (value === "") return fallback;
  const number = /^[+-]?\d+$/u.test(value) ? Number(value) : Number.NaN;
  if (number >= lowest && number <= highest) return number;
  const range =
    highest === Number.MAX_SAFE_INTEGER ? `of ${lowest} or more` : `from ${lowest} to ${highest}`;
  throw invalid(name, value, `must be a whole number ${range}`);
}

const unitBytes: Readonly<Record<string, number>> = { "": 1, k: 1000, m: 1000 ** 2, g: 1000 ** 3 };

/**
 * Returns a size in bytes. Units are those of Fluent Bit: k is 1000 (Fluent Bit, src/flb_utils.c, flb_utils_size_to_bytes).
 * `fallback`, `lowest` and `highest` are texts in the same form.
 * @throws ConfigurationError
 */
export function readSize(name: string, value: string, fallback: string, lowest: string, highest: string): number {
  const bytes = bytesOf(value === "" ? fallback : value);
  if (bytes >= bytesOf(lowest) && bytes <= bytesOf(highest)) return bytes;
  throw invalid(name, value, `must be a size from ${lowest} to ${highest}, in bytes or with k, m or g`);
}

function bytesOf(text: string): number {
  const [, number = "", unit = ""] = /^(\d+(?:\.\d+)?)(?:([kmg])b?)?$/iu.exec(text) ?? [];
  return number === "" ? Number.NaN : Math.floor(Number(number) * (unitBytes[unit.toLowerCase()] ?? 1));
}
