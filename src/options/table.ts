/** Table of all options: how each is read, its limits, and its texts for the documents. */
import type { Zone, ZoneAbbreviation } from "../record/time_key/zone.js";
import { maxLargeRecordBytes, maxRecordBytes } from "../limits.js";
import {
  readCompression,
  readEndpoint,
  readExternalId,
  readInteger,
  readKeyNames,
  readPartitionKey,
  readRegion,
  readRequestFormat,
  readRoleArn,
  readRoleSessionName,
  readSize,
  readStream,
  readStreamKey,
  readTimeFormat,
  readZone,
} from "./values.js";

/** Values that the reading of an option needs besides its text. */
export interface OptionContext {
  readonly zoneAbbreviation: ZoneAbbreviation;
  /** The value of time_key_zone. */
  readonly zone: Zone;
  /** Returns whether another option has a value. */
  readonly isSet: (name: string) => boolean;
  /** The value of max_record_size. */
  readonly maxRecordBytes: number;
  /** Writes a warning to the log. */
  readonly warn: (message: string) => void;
}

/** One option. Its texts are Markdown for documents in docs/. */
export interface Option<Value> {
  /** Returns the value of a text; an empty text counts as unset. @throws ConfigurationError */
  readonly read: (text: string, context: OptionContext) => Value;
  readonly help: string;
  /** Value when the option is unset. */
  readonly fallback: string;
  readonly allowed: string;
  /** Returns whether a text must not be shown. */
  readonly isSecret?: (text: string) => boolean;
  /** Whether the README lists the option. */
  readonly isCommon?: boolean;
}

/** Values that leave an option off without a warning. The Go plugin does not warn of other values either, such as Fluent Bit's "on". */
const offValues: readonly string[] = ["", "false", "off", "no", "0"];

type Texts = Pick<Option<unknown>, "help" | "fallback" | "allowed" | "isCommon">;

/** Returns the option, with the type of its value inferred. */
function option<Value>(given: Option<Value>): Option<Value> {
  return given;
}

/** Returns an option for unchecked text, with undefined when unset. */
function freeText(texts: Texts): Option<string | undefined> {
  return { ...texts, read: (text) => (text === "" ? undefined : text) };
}

/** Returns an option that only the text `true` turns on. */
function onOff(name: string, texts: Omit<Texts, "fallback" | "allowed">): Option<boolean> {
  return {
    ...texts,
    fallback: "`false`",
    allowed: "`true` in any case; any other value is false, with a warning unless it is `false`, `off`, `no` or `0`",
    read: (text, { warn }) => {
      const value = text.toLowerCase();
      if (value === "true") return true;
      if (!offValues.includes(value)) warn(`'${name}' is '${text}', but only 'true' turns it on; it stays off`);
      return false;
    },
  };
}

interface Bounds {
  readonly fallback: number;
  readonly lowest: number;
  readonly highest: number;
}

/** Returns an option for a whole number. The texts about its default and limits follow from `bounds` unless given. */
function wholeNumber(name: string, bounds: Bounds, texts: Pick<Texts, "help" | "isCommon"> & Partial<Texts>): Option<number> {
  const { fallback, lowest, highest } = bounds;
  const allowed = highest === Number.MAX_SAFE_INTEGER ? `${lowest} or more` : `${lowest} to ${highest}`;
  return { fallback: `\`${fallback}\``, allowed, ...texts, read: (text) => readInteger(name, text, fallback, lowest, highest) };
}

/** Returns whether an address may hold a password, which makes it invalid. */
const holdsPassword = (text: string): boolean => text.includes("@");

/** Limit of Node's timers: 2^31 − 1 milliseconds. */
const maxTimeoutSeconds = 2_147_483;
const maxRetryTimeoutSeconds = 3600;
const maxDrainTimeoutSeconds = 3600;
/** Default, lowest and highest value. */
const deadLetterFileSizes = ["100m", "64k", "1000g"] as const;
/** Room for the longest partition key (256 characters of four bytes) and some data. */
const minRecordBytes = 4096;
const minAggregatedBytes = 1024;
/** Source: AWS STS API Reference, AssumeRole, DurationSeconds. The highest value is the maximum that a role can be configured for. */
const minRoleSeconds = 900;
const maxRoleSeconds = 43_200;
const defaultSkipAggregationBytes = 20 * 1024;

/** All options: first those of the Go plugin, in its order, then our own. */
export const options = {
  stream: option({
    read: readStream,
    help: "stream that receives the records",
    fallback: "required",
    allowed: "a name (up to 128 letters, digits, `_`, `.`, `-`) or a stream's ARN",
    isCommon: true,
  }),
  region: option({
    read: (text) => readRegion("region", text),
    help: "AWS region of the stream",
    fallback: "`AWS_REGION`, `AWS_DEFAULT_REGION`, or the region of the [profile](CREDENTIALS.md#region); one of them is required",
    allowed: "a region's code: letters, digits, `-`",
    isCommon: true,
  }),
  data_keys: option({
    read: readKeyNames,
    help: "top-level keys to send. All other keys are left out, except keys that are not text",
    fallback: "all keys",
    allowed:
      'comma-separated names; blanks around them are ignored. In YAML also a single text, `data_keys: "log,stream"`, because Fluent Bit passes on only the first value of a list',
    isCommon: true,
  }),
  partition_key: option({
    read: readPartitionKey,
    help:
      "key of the record whose value becomes the partition key; records with the same partition key go to the same shard. `kubernetes->pod_name` looks inside a nested map, " +
      "`$kubernetes['namespace_name']/$app` and `$TAG[1]` build a text, `pod, host` uses the first key that the record has, see [partition keys](RECORDS.md#partition-keys). " +
      "Values may be text, numbers and booleans; the plugin cuts them to 256 characters. A record without the key gets a random key, with a log message at most once a minute",
    fallback: "random, 8 characters",
    allowed: "keys, templates with `$`, or several of them, separated by commas; not `log` alone",
    isCommon: true,
  }),
  role_arn: option({
    read: (text) => readRoleArn("role_arn", text),
    help: "role to assume for sending, for example one in another account",
    fallback: "none",
    allowed: "ARN of an IAM role",
    isCommon: true,
  }),
  endpoint: option({
    read: (text) => readEndpoint("endpoint", text),
    help: "address of the Kinesis API",
    fallback: "the region's endpoint",
    allowed: "a URL, `http` or `https`; a host name alone means `https`",
    isSecret: holdsPassword,
    isCommon: true,
  }),
  sts_endpoint: option({
    read: (text) => readEndpoint("sts_endpoint", text),
    help: "address of the STS API: for `role_arn`, `EKS_POD_EXECUTION_ROLE`, web identity tokens and roles of profiles",
    fallback: "the SDK's",
    allowed: "as `endpoint`",
    isSecret: holdsPassword,
  }),
  append_newline: onOff("append_newline", { help: "ends each record with a newline", isCommon: true }),
  time_key: freeText({
    help: "adds the event's time under this key, and replaces an existing value. The plugin adds it before it applies `data_keys` and `log_key`",
    fallback: "off",
    allowed: "any key",
    isCommon: true,
  }),
  time_key_format: option({
    read: (text, { zone, isSet }) => (isSet("time_key") ? readTimeFormat(text, zone) : undefined),
    help: "format of the time under `time_key`, in the zone of `time_key_zone`",
    fallback: "`%Y-%m-%dT%H:%M:%S`",
    allowed: "letters of strftime(3), `%L` or `%3N` (milliseconds), `%f` or `%6N` (microseconds), `%9N` (nanoseconds). Checked when `time_key` is set",
  }),
  experimental_concurrency: wholeNumber("experimental_concurrency", { fallback: 0, lowest: 0, highest: 10 }, {
    help: "maximum chunks of the output under way at once, see [concurrency](DELIVERY.md#concurrency)",
    fallback: "`0`: no separate limit",
  }),
  experimental_concurrency_retries: wholeNumber("experimental_concurrency_retries", { fallback: 4, lowest: 0, highest: Number.MAX_SAFE_INTEGER }, {
    help: 'with `experimental_concurrency`: how often a flush retries the records that Kinesis did not accept, before it replies "retry" to Fluent Bit',
  }),
  log_key: freeText({
    help: "sends only the value of this key: text unchanged, any other value as JSON. The plugin drops a record without the key, and logs a message",
    fallback: "the whole record as JSON",
    allowed: "any key",
    isCommon: true,
  }),
  aggregation: onOff("aggregation", {
    help: "packs many records into one Kinesis record, see [KPL aggregation](RECORDS.md#kpl-aggregation)",
    isCommon: true,
  }),
  compression: option({
    read: readCompression,
    help: "compresses each record separately, see [compression](RECORDS.md#compression)",
    fallback: "`none`",
    allowed: "`none`, `zlib`, `gzip`, `snappy`, `zstd` (Node.js 22.15 or newer), in any case",
    isCommon: true,
  }),
  replace_dots: freeText({
    help: "replaces each `.` in the record's keys by this text, also in nested maps and in maps inside lists",
    fallback: "off",
    allowed: "any text",
  }),
  http_request_timeout: option({
    read: (text) => (text === "" ? undefined : readInteger("http_request_timeout", text, 0, 0, maxTimeoutSeconds)),
    help: "seconds after which the plugin gives up an attempt to send a request, see [time limits](NETWORK.md#time-limits)",
    fallback: "unset: 10 s from the last sent byte to the response, which is not the same as `10`",
    allowed: `0 (no limit) to ${maxTimeoutSeconds}, whole`,
  }),
  aggregation_maximum_record_size: option({
    read: (text, { maxRecordBytes: limit }) =>
      readInteger("aggregation_maximum_record_size", text, Math.min(limit, maxRecordBytes), minAggregatedBytes, limit),
    help: "the plugin closes an aggregate before the next record would make it this many bytes or more",
    fallback: `\`${maxRecordBytes}\`, or \`max_record_size\` if that is less`,
    allowed: `${minAggregatedBytes} to \`max_record_size\``,
  }),
  skip_aggregation_record_size: option({
    read: (text, { maxRecordBytes: limit }) => readInteger("skip_aggregation_record_size", text, defaultSkipAggregationBytes, 1, limit),
    help: "records of this many bytes or more are sent outside aggregates",
    fallback: `\`${defaultSkipAggregationBytes}\``,
    allowed: "1 to `max_record_size`",
  }),
  profile: freeText({
    help: "profile of the shared AWS files whose credentials the plugin uses. It overrides all other sources; if it fails, no other source replaces it",
    fallback: "none: the [default chain](CREDENTIALS.md)",
    allowed: "name of a profile",
  }),
  external_id: option({
    read: readExternalId,
    help: "external ID in the request that assumes `role_arn`, and in no other",
    fallback: "none",
    allowed: "2 to 1224 letters, digits and characters of `_+=,.@:/-`",
    // A secret, shared only with the role's owner.
    isSecret: () => true,
  }),
  max_record_size: wholeNumber("max_record_size", { fallback: maxRecordBytes, lowest: minRecordBytes, highest: maxLargeRecordBytes }, {
    help: "maximum bytes of a Kinesis record with its partition key; longer records are cut, see [large records](RECORDS.md#large-records)",
  }),
  /** Well within the 5 s that Fluent Bit allows at shutdown (its option Grace). */
  retry_timeout: wholeNumber("retry_timeout", { fallback: 3, lowest: 0, highest: maxRetryTimeoutSeconds }, {
    help:
      "seconds for which a flush itself retries the records that Kinesis did not accept, over all its requests, before it " +
      'replies "retry" to Fluent Bit',
    fallback: "`3`, well within the 5 s of Fluent Bit's `Grace`",
    allowed: `0 (one attempt) to ${maxRetryTimeoutSeconds}, whole`,
  }),
  request_format: option({
    read: readRequestFormat,
    help: "format of PutRecords requests. `cbor` saves about a quarter of the bytes and the work of base64, see [requests in CBOR](NETWORK.md#requests-in-cbor)",
    fallback: "`json`",
    allowed: "`json`, `cbor`, in any case",
  }),
  /** At most the number of connections (network/http_handler.ts). */
  concurrent_requests: wholeNumber("concurrent_requests", { fallback: 10, lowest: 1, highest: 50 }, {
    help: "maximum requests of the output under way at once, see [concurrency](DELIVERY.md#concurrency)",
  }),
  /** With Fluent Bit's Grace of 5 s, within the 30 s after which Kubernetes and ECS kill a container. */
  drain_timeout: wholeNumber("drain_timeout", { fallback: 20, lowest: 0, highest: maxDrainTimeoutSeconds }, {
    help: "seconds for which the output goes on delivering when Fluent Bit ends, see [the end](DELIVERY.md#the-end)",
    allowed: `0 to ${maxDrainTimeoutSeconds}, whole`,
  }),
  time_key_zone: option({
    read: (text, { zoneAbbreviation }) => readZone(text, zoneAbbreviation),
    help: "time zone of the time under `time_key`",
    fallback: "`local`: the zone of `TZ`, or of the system",
    allowed: "`local`, `UTC`, or a zone of the tz database such as `Europe/Berlin`",
  }),
  tag_key: freeText({
    help: "adds the event's tag under this key, in the same way as `time_key` and after it",
    fallback: "off",
    allowed: "any key except that of `time_key`",
  }),
  metadata_key: freeText({
    help: "adds the event's metadata under this key, with the resource and scope of OTLP logs, see [metadata](RECORDS.md#metadata). An event without metadata stays unchanged",
    fallback: "off",
    allowed: "any key except those of `time_key` and `tag_key`",
  }),
  except_keys: option({
    read: readKeyNames,
    help: "top-level keys to leave out; all others are sent",
    fallback: "none",
    allowed: "comma-separated names; blanks around them are ignored. Not together with `data_keys`",
  }),
  stream_key: option({
    read: readStreamKey,
    help:
      "chooses the stream by record or tag: its value is the name of the stream, see [many streams](DELIVERY.md#many-streams). " +
      "A record whose value is missing or not a stream name goes to `stream`, with a log message at most once a minute",
    fallback: "off: all records go to `stream`",
    allowed: "as `partition_key`, for example `logs-$TAG[1]`",
  }),
  dead_letter_file: freeText({
    help: "appends each dropped record to this file as a line of JSON, see [dropped records](DELIVERY.md#dropped-records)",
    fallback: "off",
    allowed: "path of a regular file in an existing folder; the plugin creates a missing file",
  }),
  dead_letter_file_size: option({
    read: (text) => readSize("dead_letter_file_size", text, ...deadLetterFileSizes),
    help: "size at which the plugin renames `dead_letter_file` to the same name with `.1`, replacing an older file of that name",
    fallback: `\`${deadLetterFileSizes[0]}\``,
    allowed: `${deadLetterFileSizes[1]} to ${deadLetterFileSizes[2]}, in bytes or as Fluent Bit writes sizes: \`k\`, \`m\`, \`g\` are thousands`,
  }),
  state_file: freeText({
    help: "stores in this file which records of unfinished chunks are delivered, so that a restart does not send them again, see [restarts](DELIVERY.md#restarts)",
    fallback: "off: a restart sends them again",
    allowed: "path of a regular file in an existing, writable folder, a different one for each output; the plugin creates a missing file",
  }),
  role_session_name: option({
    read: readRoleSessionName,
    help: "session name of `role_arn`, and of no other role; CloudTrail shows it",
    fallback: "`fluent-bit-kinesis`",
    allowed: "2 to 64 letters, digits and characters of `_+=,.@-`",
  }),
  role_duration: option({
    read: (text) => (text === "" ? undefined : readInteger("role_duration", text, 0, minRoleSeconds, maxRoleSeconds)),
    help: "lifetime in seconds of the credentials of `role_arn`, see [roles](CREDENTIALS.md#roles)",
    fallback: "AWS's default, 3600",
    allowed: `${minRoleSeconds} to ${maxRoleSeconds}, whole; at most the role's own maximum`,
  }),
  simple_aggregation: onOff("simple_aggregation", {
    help: "joins records by newlines into one Kinesis record, with `partition_key` only records of the same key, see [simple aggregation](RECORDS.md#simple-aggregation). Not together with `aggregation`",
  }),
};

/** The name of an option. */
export type OptionName = keyof typeof options;

/** The values of all options. */
export type OptionValues = { readonly [Name in OptionName]: ReturnType<(typeof options)[Name]["read"]> };

/** The names of all options, in the order of the table. */
export const optionNames = Object.keys(options) as readonly OptionName[];
