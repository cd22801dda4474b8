/** Reads and checks the options of one output instance. */
import type { AggregationLimits } from "./aggregate/aggregator.js";
import type { CompressionAlgorithm } from "./compress/node_zlib.js";
import { limitsFor, maxLargeRecordBytes, maxRecordBytes, type ServiceLimits } from "./limits.js";
import type { Log } from "./log.js";
import type { RecordOptions } from "./record/record_shaper.js";
import { defaultTimeFormat, TimeFormat, type ZoneAbbreviation } from "./record/time_format.js";

/** A wrong option; the message names it, its value and what is allowed. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
}

/** Gives an option's value as Fluent Bit has it; undefined when it is not set. */
export type OptionReader = (key: string) => string | undefined;

/** How to reach the stream. */
export interface ConnectionOptions {
  readonly region: string;
  /** Name or ARN. */
  readonly stream: string;
  readonly endpoint: string | undefined;
  /** Of the shared configuration files; undefined for the default chain of credentials. */
  readonly profile: string | undefined;
  readonly roleArn: string | undefined;
  /** Given when role_arn is assumed. */
  readonly externalId: string | undefined;
  readonly stsEndpoint: string | undefined;
  /** 0 is none. */
  readonly requestTimeoutMs: number;
}

/** The checked options of one output instance. */
export interface Config {
  readonly connection: ConnectionOptions;
  readonly record: RecordOptions;
  readonly limits: ServiceLimits;
  readonly compression: CompressionAlgorithm | undefined;
  /** Undefined when aggregation is off. */
  readonly aggregation: AggregationLimits | undefined;
  /** For how long a flush tries again what was not taken, before it answers retry. */
  readonly retryTimeoutMs: number;
  /** Chunks that may be sent in the background at once; 0 when flushes wait for their delivery. */
  readonly concurrency: number;
  readonly concurrencyRetries: number;
}

/** The options in the order in which the Go plugin reports them, and ours behind. */
const optionNames = [
  "stream",
  "region",
  "data_keys",
  "partition_key",
  "role_arn",
  "endpoint",
  "sts_endpoint",
  "append_newline",
  "time_key",
  "time_key_format",
  "experimental_concurrency",
  "experimental_concurrency_retries",
  "log_key",
  "aggregation",
  "compression",
  "replace_dots",
  "http_request_timeout",
  "aggregation_maximum_record_size",
  "skip_aggregation_record_size",
  "profile",
  "external_id",
  "max_record_size",
  "retry_timeout",
] as const;
type OptionName = (typeof optionNames)[number];

const maxConcurrency = 10;
const defaultConcurrencyRetries = 4;
/** Well inside the 5 s that Fluent Bit grants at shutdown (its option Grace). */
const defaultRetryTimeoutSeconds = 3;
const maxRetryTimeoutSeconds = 3600;
const defaultSkipAggregationBytes = 20 * 1024;
const minAggregatedBytes = 1024;
/** Room for the longest partition key (256 characters of four bytes) and some data beside it. */
const minRecordBytes = 4096;

/**
 * Reads all options, reports each in a line of the log, and checks them.
 * @throws ConfigurationError on the first wrong one
 */
export function readConfig(read: OptionReader, log: Log, zoneAbbreviation: ZoneAbbreviation): Config {
  const values = new Map<OptionName, string>();
  for (const name of optionNames) {
    const value = read(name) ?? "";
    values.set(name, value);
    log.info(`plugin parameter ${name} = '${isConfidential(name, value) ? "…" : value}'`);
  }
  const text = (name: OptionName) => values.get(name) ?? "";
  const optional = (name: OptionName) => (text(name) === "" ? undefined : text(name));
  const isTrue = (name: OptionName) => text(name).toLowerCase() === "true";
  const integer = (name: OptionName, fallback: number, lowest: number, highest: number) =>
    readInteger(name, text(name), fallback, lowest, highest);

  const partitionKey = text("partition_key");
  const timeKey = optional("time_key");
  const recordBytes = integer("max_record_size", maxRecordBytes, minRecordBytes, maxLargeRecordBytes);
  const aggregation: AggregationLimits = {
    maximumRecordBytes: integer(
      "aggregation_maximum_record_size",
      Math.min(recordBytes, maxRecordBytes),
      minAggregatedBytes,
      recordBytes,
    ),
    skipRecordBytes: integer("skip_aggregation_record_size", defaultSkipAggregationBytes, 1, recordBytes),
    serviceRecordBytes: recordBytes,
  };
  const config: Config = {
    connection: {
      stream: readStream(text("stream")),
      region: readRegion(text("region")),
      endpoint: readEndpoint("endpoint", text("endpoint")),
      profile: optional("profile"),
      roleArn: readRoleArn(text("role_arn")),
      externalId: readExternalId(text("external_id")),
      stsEndpoint: readEndpoint("sts_endpoint", text("sts_endpoint")),
      requestTimeoutMs: integer("http_request_timeout", 0, 0, maxTimeoutSeconds) * 1000,
    },
    record: {
      partitionKeyPath: readPartitionKey(partitionKey),
      dataKeys: readDataKeys(text("data_keys")),
      logKey: optional("log_key"),
      appendNewline: isTrue("append_newline"),
      time:
        timeKey === undefined
          ? undefined
          : { key: timeKey, format: readTimeFormat(text("time_key_format"), zoneAbbreviation) },
      replaceDots: optional("replace_dots"),
    },
    limits: limitsFor(recordBytes),
    compression: readCompression(text("compression")),
    aggregation: isTrue("aggregation") ? aggregation : undefined,
    retryTimeoutMs: integer("retry_timeout", defaultRetryTimeoutSeconds, 0, maxRetryTimeoutSeconds) * 1000,
    concurrency: integer("experimental_concurrency", 0, 0, maxConcurrency),
    concurrencyRetries: integer(
      "experimental_concurrency_retries",
      defaultConcurrencyRetries,
      0,
      Number.MAX_SAFE_INTEGER,
    ),
  };
  giveAdvice(config, partitionKey, log);
  return config;
}

/** An external ID is shared with nobody but the role's owner; an address may hold a password, for which it is refused. */
function isConfidential(name: OptionName, value: string): boolean {
  return name === "external_id" ? value !== "" : name.endsWith("endpoint") && value.includes("@");
}

function giveAdvice(config: Config, partitionKey: string, log: Log): void {
  const { stream, region } = config.connection;
  const arnRegion = stream.startsWith("arn:") ? stream.split(":")[3] : region;
  if (arnRegion !== region) {
    log.warning(`'stream' is the ARN of a stream in ${arnRegion ?? "no region"}, but 'region' is ${region}, where requests go`);
  }
  if (partitionKey === "") log.info("no partition key provided. A random one will be generated.");
  if (config.aggregation !== undefined && partitionKey !== "") {
    log.warning(
      "'partition_key' has different behavior when 'aggregation' enabled. An aggregated record is routed by the partition key of its first record; the others keep theirs inside it. Where the plugin may list the shards, only keys of the same shard share one",
    );
  }
  if (config.connection.externalId !== undefined && config.connection.roleArn === undefined) {
    log.warning("'external_id' has no effect without 'role_arn'");
  }
  if (config.concurrency > 0) {
    log.warning(
      "WARNING: Enabling concurrency can lead to data loss.  If 'experimental_concurrency_retries' is reached data will be lost.",
    );
  }
}

function wrong(name: string, value: string, allowed: string): ConfigurationError {
  return new ConfigurationError(`Invalid '${name}' value (${value}) specified, ${allowed}`);
}

function readStream(value: string): string {
  if (value === "") throw new ConfigurationError(required("stream"));
  // Source: Kinesis API Reference, PutRecords, StreamName and StreamARN.
  const isName = /^[\w.-]{1,128}$/u.test(value);
  const isArn = /^arn:aws[\w-]*:kinesis:[\w-]+:\d{12}:stream\/[\w.-]{1,128}$/u.test(value);
  if (isName || isArn) return value;
  throw wrong("stream", value, "must be a stream's name (letters, digits, '_', '.', '-') or its ARN");
}

function readRegion(value: string): string {
  if (value === "") throw new ConfigurationError(required("region"));
  if (/^[a-zA-Z0-9-]{1,63}$/u.test(value)) return value;
  throw wrong("region", value, "must be the code of an AWS region such as us-west-2");
}

function required(missing: string): string {
  return `stream and region are required configuration parameters ('${missing}' is not set)`;
}

function readPartitionKey(value: string): string[] {
  if (value === "log") throw new ConfigurationError("'log' cannot be set as the partition key");
  return value === "" ? [] : value.split("->");
}

function readDataKeys(value: string): string[] | undefined {
  return value === "" ? undefined : value.split(",").map((key) => key.trim());
}

function readTimeFormat(value: string, zoneAbbreviation: ZoneAbbreviation): TimeFormat {
  try {
    return new TimeFormat(value === "" ? defaultTimeFormat : value, zoneAbbreviation);
  } catch (error) {
    if (error instanceof RangeError) {
      throw wrong("time_key_format", value, `${error.message}; see strftime(3), besides %L, %f and %3N, %6N, %9N`);
    }
    throw error;
  }
}

function readCompression(value: string): CompressionAlgorithm | undefined {
  const algorithm = value.toLowerCase();
  if (algorithm === "" || algorithm === "none") return undefined;
  if (algorithm === "gzip" || algorithm === "zlib") return algorithm;
  throw wrong("compression", value, "must be 'zlib', 'gzip', 'none', or undefined");
}

/** Source: RFC 3986, 2.2 and 2.3. */
const isUrlText = /^[\w.~:/?#[\]@!$&'()*+,;=%-]+$/u;

function readEndpoint(name: string, value: string): string | undefined {
  if (value === "") return undefined;
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//iu.test(value) ? value : `https://${value}`;
  try {
    const { protocol, hostname, username, password } = new URL(withScheme);
    if (username !== "" || password !== "") throw wrong(name, "…", "must not hold a user or a password");
    // Stricter than URL, which passes over newlines and takes "${HOST}" for a name. The longest name: RFC 1035, 2.3.4.
    const isHost = /^(?:[\w.-]{1,253}|\[[\da-f:.]+\])$/iu.test(hostname);
    if ((protocol === "https:" || protocol === "http:") && isHost && isUrlText.test(value)) return withScheme;
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    // No URL at all: refused below.
  }
  throw wrong(name, value, "must be a host name or a URL such as https://kinesis.us-west-2.amazonaws.com");
}

function readRoleArn(value: string): string | undefined {
  if (value === "") return undefined;
  if (/^arn:aws[\w-]*:iam::\d{12}:role\/.+$/u.test(value)) return value;
  throw wrong("role_arn", value, "must be the ARN of an IAM role such as arn:aws:iam::123456789012:role/name");
}

function readExternalId(value: string): string | undefined {
  if (value === "") return undefined;
  // Source: AWS STS API Reference, AssumeRole, ExternalId.
  if (/^[\w+=,.@:/-]{2,1224}$/u.test(value)) return value;
  throw wrong("external_id", "…", "must be 2 to 1224 letters, digits and characters of _+=,.@:/-");
}

/** What a timer of Node can hold: 2^31 − 1 milliseconds. */
const maxTimeoutSeconds = 2_147_483;

function readInteger(name: string, value: string, fallback: number, lowest: number, highest: number): number {
  if (value === "") return fallback;
  const number = /^[+-]?\d+$/u.test(value) ? Number(value) : Number.NaN;
  if (number >= lowest && number <= highest) return number;
  const range =
    highest === Number.MAX_SAFE_INTEGER ? `of ${lowest} or more` : `from ${lowest} to ${highest}`;
  throw wrong(name, value, `must be a whole number ${range}`);
}
