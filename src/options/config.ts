/** Reads and checks the options of one output instance. */
import type { AggregationLimits } from "../pack/aggregator.js";
import type { CompressionAlgorithm } from "../pack/compress/compressor.js";
import { limitsFor, maxLargeRecordBytes, maxRecordBytes, type ServiceLimits } from "../limits.js";
import type { Log } from "../telemetry/log.js";
import type { RecordOptions } from "../record/shaper.js";
import {
  maxTimeoutSeconds,
  readCompression,
  readDataKeys,
  readEndpoint,
  readExternalId,
  readInteger,
  readPartitionKey,
  readRegion,
  readRequestFormat,
  readRoleArn,
  readStream,
  readTimeFormat,
} from "./values.js";
import type { ConnectionOptions } from "../kinesis/connection_options.js";
import type { RequestFormat } from "../kinesis/request_form.js";
import type { ZoneAbbreviation } from "../record/time_key/format.js";
import { regionOfArn } from "./stream_name.js";

/** Gives an option's value as Fluent Bit has it; undefined when it is not set. */
export type OptionReader = (key: string) => string | undefined;

/** The checked options of one output instance. */
export interface Config {
  readonly connection: ConnectionOptions;
  readonly record: RecordOptions;
  readonly limits: ServiceLimits;
  readonly compression: CompressionAlgorithm | undefined;
  readonly requestFormat: RequestFormat;
  /** Undefined when aggregation is off. */
  readonly aggregation: AggregationLimits | undefined;
  /** For how long a flush tries again what was not taken, before it answers retry. */
  readonly retryTimeoutMs: number;
  /** Requests of the output that may be under way at once. */
  readonly concurrentRequests: number;
  /** For how long the end of the output goes on delivering while the service takes records. */
  readonly drainTimeoutMs: number;
  /** Chunks that may be under way at once; 0 for no bound. */
  readonly concurrency: number;
  /** With such a bound: rounds of a flush after the first, before it answers retry. */
  readonly concurrencyRetries: number;
}

/** All options, in the order in which the Go plugin reports them, and ours behind. */
export const optionNames = [
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
  "request_format",
  "concurrent_requests",
  "drain_timeout",
] as const;
type OptionName = (typeof optionNames)[number];

const maxConcurrency = 10;
const defaultConcurrencyRetries = 4;
/** Well inside the 5 s that Fluent Bit grants at shutdown (its option Grace). */
const defaultRetryTimeoutSeconds = 3;
/** Above the slowest response that was seen, 9 s; a PutRecords usually takes 10 to 40 ms. */
const defaultAnswerTimeoutMs = 10_000;
const maxRetryTimeoutSeconds = 3600;
const defaultConcurrentRequests = 10;
/** As many as connections (network/http_handler.ts). */
const maxConcurrentRequests = 50;
/** With Fluent Bit's Grace of 5 s it stays within the 30 s after which Kubernetes and ECS kill a container. */
const defaultDrainTimeoutSeconds = 20;
const maxDrainTimeoutSeconds = 3600;
const defaultSkipAggregationBytes = 20 * 1024;
const minAggregatedBytes = 1024;
/** What leaves an option off without a word. The Go plugin says nothing of others either, such as Fluent Bit's "on". */
const offValues: readonly string[] = ["", "false", "off", "no", "0"];
/** Room for the longest partition key (256 characters of four bytes) and some data beside it. */
const minRecordBytes = 4096;

/**
 * Reads all options, reports those that are set in a line of the log each, and checks them.
 * @throws ConfigurationError on the first wrong one
 */
export function readConfig(read: OptionReader, log: Log, zoneAbbreviation: ZoneAbbreviation): Config {
  const values = new Map<OptionName, string>();
  for (const name of optionNames) {
    const value = read(name) ?? "";
    values.set(name, value);
    if (value !== "") log.info(`plugin parameter ${name} = '${isConfidential(name, value) ? "…" : value}'`);
  }
  const text = (name: OptionName) => values.get(name) ?? "";
  const optional = (name: OptionName) => (text(name) === "" ? undefined : text(name));
  const isTrue = (name: OptionName) => {
    const value = text(name).toLowerCase();
    if (value === "true") return true;
    if (!offValues.includes(value)) log.warning(`'${name}' is '${text(name)}', and only 'true' turns it on: it is off`);
    return false;
  };
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
      roleArn: readRoleArn("role_arn", text("role_arn")),
      externalId: readExternalId(text("external_id")),
      stsEndpoint: readEndpoint("sts_endpoint", text("sts_endpoint")),
      requestTimeoutMs: integer("http_request_timeout", 0, 0, maxTimeoutSeconds) * 1000,
      answerTimeoutMs: text("http_request_timeout") === "" ? defaultAnswerTimeoutMs : 0,
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
    requestFormat: readRequestFormat(text("request_format")),
    aggregation: isTrue("aggregation") ? aggregation : undefined,
    retryTimeoutMs: integer("retry_timeout", defaultRetryTimeoutSeconds, 0, maxRetryTimeoutSeconds) * 1000,
    concurrentRequests: integer("concurrent_requests", defaultConcurrentRequests, 1, maxConcurrentRequests),
    drainTimeoutMs: integer("drain_timeout", defaultDrainTimeoutSeconds, 0, maxDrainTimeoutSeconds) * 1000,
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
  const arnRegion = regionOfArn(stream) ?? region;
  if (arnRegion !== region) {
    log.warning(`'stream' is the ARN of a stream in ${arnRegion}, but 'region' is ${region}, where requests go`);
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
}
