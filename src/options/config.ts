/** Reads and checks the options of one output instance. */
import type { AggregationLimits } from "../pack/aggregator.js";
import type { CompressionAlgorithm } from "../pack/compression.js";
import { ConfigurationError } from "../configuration_error.js";
import { limitsFor, type ServiceLimits } from "../limits.js";
import type { Log } from "../telemetry/log.js";
import type { RecordOptions } from "../record/shaper.js";
import type { ConnectionOptions } from "../kinesis/connection_options.js";
import type { RequestFormat } from "../kinesis/request_format.js";
import { utcZone, type ZoneAbbreviation } from "../record/time_key/zone.js";
import { recordOptionsOf } from "./record_options.js";
import type { DefaultRegion } from "./region.js";
import { regionOfArn } from "./stream_name.js";
import { optionNames, options, type OptionName, type OptionValues } from "./table.js";
import { required } from "./values.js";

/** Returns an option's value as Fluent Bit has it; undefined when unset. */
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
  /** Whether records are joined by newlines. */
  readonly simpleAggregation: boolean;
  /** Time for which a flush retries undelivered records before it replies retry. */
  readonly retryTimeoutMs: number;
  /** Maximum concurrent requests of the output. */
  readonly concurrentRequests: number;
  /** Time for which a closing output goes on delivering while the service accepts records. */
  readonly drainTimeoutMs: number;
  /** Maximum concurrent chunks; 0 for no limit. */
  readonly concurrency: number;
  /** Maximum rounds of a flush after the first before it replies retry; counts only with a limit on concurrent chunks. */
  readonly concurrencyRetries: number;
  /** File for dropped records, and its maximum size; undefined when dropped records are not kept. */
  readonly deadLetters: { readonly file: string; readonly maxBytes: number } | undefined;
  /** Path of the file that stores which records of unfinished chunks are delivered; undefined when unset. */
  readonly stateFile: string | undefined;
}

/** Above the slowest response observed, 9 s; PutRecords usually takes 10 to 40 ms. */
const defaultResponseTimeoutMs = 10_000;

/**
 * Reads and checks all options. Logs each option that is set, at level debug.
 * @param defaultRegion used when the option region is unset
 * @throws ConfigurationError on the first invalid option
 */
export function readConfig(read: OptionReader, log: Log, zoneAbbreviation: ZoneAbbreviation, defaultRegion?: DefaultRegion): Config {
  const texts = new Map<string, string>(optionNames.map((name) => [name, read(name) ?? ""]));
  for (const [name, text] of texts) {
    if (text === "") continue;
    const isSecret = options[name as OptionName].isSecret?.(text) === true;
    log.debug(`plugin parameter ${name} = '${isSecret ? "…" : text}'`);
  }
  const values = readValues(texts, log, zoneAbbreviation);
  if (values.aggregation && values.simple_aggregation) {
    throw new ConfigurationError("Invalid 'simple_aggregation' value (true) specified, must not be true together with 'aggregation', which packs records in another format");
  }
  const recordBytes = values.max_record_size;
  const config: Config = {
    connection: {
      stream: values.stream,
      region: regionOf(values, log, defaultRegion),
      endpoint: values.endpoint,
      profile: values.profile,
      roleArn: values.role_arn,
      externalId: values.external_id,
      roleSessionName: values.role_session_name,
      roleDurationSeconds: values.role_duration,
      stsEndpoint: values.sts_endpoint,
      requestTimeoutMs: (values.http_request_timeout ?? 0) * 1000,
      responseTimeoutMs: values.http_request_timeout === undefined ? defaultResponseTimeoutMs : 0,
    },
    record: recordOptionsOf(values),
    limits: limitsFor(recordBytes),
    compression: values.compression,
    requestFormat: values.request_format,
    aggregation: values.aggregation
      ? {
          maximumRecordBytes: values.aggregation_maximum_record_size,
          skipRecordBytes: values.skip_aggregation_record_size,
          serviceRecordBytes: recordBytes,
        }
      : undefined,
    simpleAggregation: values.simple_aggregation,
    retryTimeoutMs: values.retry_timeout * 1000,
    concurrentRequests: values.concurrent_requests,
    drainTimeoutMs: values.drain_timeout * 1000,
    concurrency: values.experimental_concurrency,
    concurrencyRetries: values.experimental_concurrency_retries,
    deadLetters: values.dead_letter_file === undefined ? undefined : { file: values.dead_letter_file, maxBytes: values.dead_letter_file_size },
    stateFile: values.state_file,
  };
  if (config.stateFile !== undefined && config.stateFile === config.deadLetters?.file) {
    throw new ConfigurationError(`Invalid 'state_file' value (${config.stateFile}) specified, must differ from 'dead_letter_file'`);
  }
  logAdvice(config, values.partition_key !== undefined, log);
  if (config.record.time === undefined && texts.get("time_key_zone") !== "") log.warning("'time_key_zone' has no effect without 'time_key'");
  if (config.deadLetters === undefined && texts.get("dead_letter_file_size") !== "") log.warning("'dead_letter_file_size' has no effect without 'dead_letter_file'");
  return config;
}

/** @throws ConfigurationError on the first invalid option */
function readValues(texts: ReadonlyMap<string, string>, log: Log, zoneAbbreviation: ZoneAbbreviation): OptionValues {
  const textOf = (name: string) => texts.get(name) ?? "";
  const context = {
    zoneAbbreviation,
    isSet: (name: string) => textOf(name) !== "",
    warn: (message: string) => log.warning(message),
    zone: utcZone,
    maxRecordBytes: 0,
  };
  context.zone = options.time_key_zone.read(textOf("time_key_zone"), context);
  context.maxRecordBytes = options.max_record_size.read(textOf("max_record_size"), context);
  return Object.fromEntries(optionNames.map((name) => [name, options[name].read(textOf(name), context)])) as unknown as OptionValues;
}

/** @throws ConfigurationError when there is no region */
function regionOf({ region, stream }: OptionValues, log: Log, defaultRegion: DefaultRegion | undefined): string {
  if (region !== undefined) return region;
  if (defaultRegion?.region === undefined) {
    const arnRegion = regionOfArn(stream);
    const elsewhere = defaultRegion === undefined ? "" : `, and no region was found in ${defaultRegion.lookedIn.join(", ")}`;
    throw new ConfigurationError(required("region", `${elsewhere}${arnRegion === undefined ? "" : `; the ARN in 'stream' names ${arnRegion}`}`));
  }
  log.info(`region ${defaultRegion.region} comes from ${defaultRegion.source}`);
  return defaultRegion.region;
}

function logAdvice(config: Config, hasPartitionKey: boolean, log: Log): void {
  const { stream, region } = config.connection;
  const arnRegion = regionOfArn(stream) ?? region;
  if (arnRegion !== region) {
    log.warning(`'stream' is the ARN of a stream in ${arnRegion}, but requests go to 'region' ${region}`);
  }
  if (!hasPartitionKey) log.debug("no partition key provided. A random one will be generated.");
  if (config.aggregation !== undefined && hasPartitionKey) {
    log.warning(
      "'partition_key' has different behavior when 'aggregation' enabled. Kinesis routes an aggregated record by the partition key of its first record; the other records keep their own keys inside it. If the plugin may list the shards, an aggregated record holds only keys of one shard",
    );
  }
  const { externalId, roleSessionName, roleDurationSeconds, roleArn } = config.connection;
  const roleOptions = { external_id: externalId, role_session_name: roleSessionName, role_duration: roleDurationSeconds };
  for (const [name, value] of Object.entries(roleOptions)) {
    if (value !== undefined && roleArn === undefined) log.warning(`'${name}' has no effect without 'role_arn'`);
  }
}
