/** The one table of options: how each is read, its bounds, and what messages and documents say of it. */
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

/** What the reading of one option needs besides its own text. */
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

/** One option. Its texts are Markdown for a document in docs/. */
export interface Option<Value> {
  /** Returns the value of a text; the empty text counts as unset. @throws ConfigurationError */
  readonly read: (text: string, context: OptionContext) => Value;
  readonly help: string;
  /** What holds where the option is unset. */
  readonly fallback: string;
  readonly allowed: string;
  /** Returns whether a text must not be shown. */
  readonly isSecret?: (text: string) => boolean;
  /** Whether the README has it. */
  readonly isCommon?: boolean;
}

/** What leaves an option off without a warning. The Go plugin says nothing of other values either, such as Fluent Bit's "on". */
const offValues: readonly string[] = ["", "false", "off", "no", "0"];

type Texts = Pick<Option<unknown>, "help" | "fallback" | "allowed" | "isCommon">;

/** Keeps the type of an option's value. */
function option<Value>(given: Option<Value>): Option<Value> {
  return given;
}

/** A text that needs no check; undefined when unset. */
function freeText(texts: Texts): Option<string | undefined> {
  return { ...texts, read: (text) => (text === "" ? undefined : text) };
}

function onOff(name: string, texts: Omit<Texts, "fallback" | "allowed">): Option<boolean> {
  return {
    ...texts,
    fallback: "`false`",
    allowed: "`true` in any case; all else is false, with a warning unless it is `false`, `off`, `no` or `0`",
    read: (text, { warn }) => {
      const value = text.toLowerCase();
      if (value === "true") return true;
      if (!offValues.includes(value)) warn(`'${name}' is '${text}', and only 'true' turns it on: it is off`);
      return false;
    },
  };
}

interface Bounds {
  readonly fallback: number;
  readonly lowest: number;
  readonly highest: number;
}

/** A whole number. The texts about its default and its bounds are made of them unless given. */
function wholeNumber(name: string, { fallback, lowest, highest }: Bounds, texts: Pick<Texts, "help" | "isCommon"> & Partial<Texts>): Option<number> {
  const allowed = highest === Number.MAX_SAFE_INTEGER ? `${lowest} or more` : `${lowest} to ${highest}`;
  return { fallback: `\`${fallback}\``, allowed, ...texts, read: (text) => readInteger(name, text, fallback, lowest, highest) };
}

/** An address may hold a password, for which it is refused. */
const holdsPassword = (text: string): boolean => text.includes("@");

/** What a timer of Node can hold: 2^31 − 1 milliseconds. */
const maxTimeoutSeconds = 2_147_483;
const maxRetryTimeoutSeconds = 3600;
const maxDrainTimeoutSeconds = 3600;
/** The default, the lowest and the highest. */
const deadLetterFileSizes = ["100m", "64k", "1000g"] as const;
/** Room for the longest partition key (256 characters of four bytes) and some data beside it. */
const minRecordBytes = 4096;
const minAggregatedBytes = 1024;
/** Source: AWS STS API Reference, AssumeRole, DurationSeconds, and the most that a role may be set to. */
const minRoleSeconds = 900;
const maxRoleSeconds = 43_200;
const defaultSkipAggregationBytes = 20 * 1024;

/** All options, in the order in which the Go plugin reports them, and ours behind. */
export const options = {
  stream: option({
    read: readStream,
    help: "the stream that records go to",
    fallback: "required",
    allowed: "a name (up to 128 letters, digits, `_`, `.`, `-`) or a stream's ARN",
    isCommon: true,
  }),
  region: option({
    read: (text) => readRegion("region", text),
    help: "AWS region of the stream",
    fallback: "that of `AWS_REGION`, of `AWS_DEFAULT_REGION`, or of the [profile](CREDENTIALS.md#region); one of them is required",
    allowed: "a region's code: letters, digits, `-`",
    isCommon: true,
  }),
  data_keys: option({
    read: readKeyNames,
    help: "top-level keys to send; all others are left out, but for keys that are not text",
    fallback: "all keys",
    allowed:
      'names with commas between; blanks around them are ignored. In YAML one text too, `data_keys: "log,stream"`: of a list Fluent Bit hands out the first value only',
    isCommon: true,
  }),
  partition_key: option({
    read: readPartitionKey,
    help:
      "key of the record whose value becomes the partition key; records of one partition key go to one shard. `kubernetes->pod_name` looks inside a nested map; " +
      "`$kubernetes['namespace_name']/$app` and `$TAG[1]` put texts together, `pod, host` takes the first that is there, see [partition keys](RECORDS.md#partition-keys). " +
      "Text, numbers and booleans are taken, cut to 256 characters. A record without it gets a random key, and a message says so at most once a minute",
    fallback: "random, 8 characters",
    allowed: "keys, templates with `$`, or several of them with commas between; not `log` alone",
    isCommon: true,
  }),
  role_arn: option({
    read: (text) => readRoleArn("role_arn", text),
    help: "role to assume for sending, for example of another account",
    fallback: "none",
    allowed: "ARN of an IAM role",
    isCommon: true,
  }),
  endpoint: option({
    read: (text) => readEndpoint("endpoint", text),
    help: "address of the Kinesis API",
    fallback: "that of the region",
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
    help: "adds the event's time under this key, in place of a value that the record has there. It is added before `data_keys` and `log_key` choose",
    fallback: "off",
    allowed: "any key",
    isCommon: true,
  }),
  time_key_format: option({
    read: (text, { zone, isSet }) => (isSet("time_key") ? readTimeFormat(text, zone) : undefined),
    help: "form of that time, in the zone of `time_key_zone`",
    fallback: "`%Y-%m-%dT%H:%M:%S`",
    allowed: "letters of strftime(3), `%L` or `%3N` (milliseconds), `%f` or `%6N` (microseconds), `%9N` (nanoseconds). Checked when `time_key` is set",
  }),
  experimental_concurrency: wholeNumber("experimental_concurrency", { fallback: 0, lowest: 0, highest: 10 }, {
    help: "bounds the chunks of the output that are under way at once, see [concurrency](DELIVERY.md#concurrency)",
    fallback: "`0`: no bound of its own",
  }),
  experimental_concurrency_retries: wholeNumber("experimental_concurrency_retries", { fallback: 4, lowest: 0, highest: Number.MAX_SAFE_INTEGER }, {
    help: 'with `experimental_concurrency`: how often a flush retries the records that Kinesis did not take, before it replies "retry" to Fluent Bit',
  }),
  log_key: freeText({
    help: "sends the value of this key alone: text as it is, anything else as JSON. A record without the key is dropped, with a message",
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
    help: "compresses each record on its own, see [compression](RECORDS.md#compression)",
    fallback: "`none`",
    allowed: "`none`, `zlib`, `gzip`, `snappy`, `zstd` (Node.js 22.15 or newer), in any case",
    isCommon: true,
  }),
  replace_dots: freeText({
    help: "replaces each `.` in the keys of the record, in nested maps and in maps inside lists too",
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
    help: "an aggregate is closed when the next record would make it this many bytes or more",
    fallback: `\`${maxRecordBytes}\`, or \`max_record_size\` where that is less`,
    allowed: `${minAggregatedBytes} to \`max_record_size\``,
  }),
  skip_aggregation_record_size: option({
    read: (text, { maxRecordBytes: limit }) => readInteger("skip_aggregation_record_size", text, defaultSkipAggregationBytes, 1, limit),
    help: "a record of this many bytes or more is sent on its own",
    fallback: `\`${defaultSkipAggregationBytes}\``,
    allowed: "1 to `max_record_size`",
  }),
  profile: freeText({
    help: "profile of the shared AWS files whose credentials are used. It goes before all other sources, and nothing takes its place when it fails",
    fallback: "none: the [default chain](CREDENTIALS.md)",
    allowed: "name of a profile",
  }),
  external_id: option({
    read: readExternalId,
    help: "external ID that goes with the request for `role_arn`, and only with that",
    fallback: "none",
    allowed: "2 to 1224 letters, digits and characters of `_+=,.@:/-`",
    // Shared with nobody but the role's owner.
    isSecret: () => true,
  }),
  max_record_size: wholeNumber("max_record_size", { fallback: maxRecordBytes, lowest: minRecordBytes, highest: maxLargeRecordBytes }, {
    help: "bytes of a Kinesis record with its partition key; what is longer is cut, see [large records](RECORDS.md#large-records)",
  }),
  /** Well inside the 5 s that Fluent Bit grants at shutdown (its option Grace). */
  retry_timeout: wholeNumber("retry_timeout", { fallback: 3, lowest: 0, highest: maxRetryTimeoutSeconds }, {
    help:
      "seconds for which a flush itself retries the records that Kinesis did not take, all its requests together, before it " +
      'replies "retry" to Fluent Bit',
    fallback: "`3`, well inside the 5 s of Fluent Bit's `Grace`",
    allowed: `0 (one try) to ${maxRetryTimeoutSeconds}, whole`,
  }),
  request_format: option({
    read: readRequestFormat,
    help: "form of the requests that carry records. `cbor` saves about a quarter of the bytes, and the work of base64, see [requests in CBOR](NETWORK.md#requests-in-cbor)",
    fallback: "`json`",
    allowed: "`json`, `cbor`, in any case",
  }),
  /** At most as many as connections (network/http_handler.ts). */
  concurrent_requests: wholeNumber("concurrent_requests", { fallback: 10, lowest: 1, highest: 50 }, {
    help: "bounds the requests of the output that are under way at once, see [concurrency](DELIVERY.md#concurrency)",
  }),
  /** With Fluent Bit's Grace of 5 s it stays within the 30 s after which Kubernetes and ECS kill a container. */
  drain_timeout: wholeNumber("drain_timeout", { fallback: 20, lowest: 0, highest: maxDrainTimeoutSeconds }, {
    help: "seconds for which the output goes on delivering when Fluent Bit ends, see [the end](DELIVERY.md#the-end)",
    allowed: `0 to ${maxDrainTimeoutSeconds}, whole`,
  }),
  time_key_zone: option({
    read: (text, { zoneAbbreviation }) => readZone(text, zoneAbbreviation),
    help: "zone of the time under `time_key`",
    fallback: "`local`: that of `TZ`, or of the system",
    allowed: "`local`, `UTC`, or a zone of the tz database such as `Europe/Berlin`",
  }),
  tag_key: freeText({
    help: "adds the event's tag under this key, as `time_key` adds the time, and behind it",
    fallback: "off",
    allowed: "any key but that of `time_key`",
  }),
  metadata_key: freeText({
    help: "adds the event's metadata under this key, with the resource and scope of OTLP logs, see [metadata](RECORDS.md#metadata). An event without metadata stays as it is",
    fallback: "off",
    allowed: "any key but those of `time_key` and `tag_key`",
  }),
  except_keys: option({
    read: readKeyNames,
    help: "top-level keys to leave out; all others are sent",
    fallback: "none",
    allowed: "names with commas between; blanks around them are ignored. Not beside `data_keys`",
  }),
  stream_key: option({
    read: readStreamKey,
    help:
      "chooses the stream by record or tag: the text that it leads to is the name of the stream, see [many streams](DELIVERY.md#many-streams). " +
      "A record in which it leads to no name goes to `stream`, and a message says so at most once a minute",
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
    help: "name of the session of `role_arn`, and only of that; CloudTrail shows it",
    fallback: "`fluent-bit-kinesis`",
    allowed: "2 to 64 letters, digits and characters of `_+=,.@-`",
  }),
  role_duration: option({
    read: (text) => (text === "" ? undefined : readInteger("role_duration", text, 0, minRoleSeconds, maxRoleSeconds)),
    help: "lifetime in seconds of the credentials of `role_arn`, see [roles](CREDENTIALS.md#roles)",
    fallback: "that of AWS: 3600",
    allowed: `${minRoleSeconds} to ${maxRoleSeconds}, whole; at most the role's own maximum`,
  }),
  simple_aggregation: onOff("simple_aggregation", {
    help: "joins records by newlines into one Kinesis record, those of one partition key each, see [simple aggregation](RECORDS.md#simple-aggregation). Not together with `aggregation`",
  }),
};

/** The name of an option. */
export type OptionName = keyof typeof options;

/** The values of all options. */
export type OptionValues = { readonly [Name in OptionName]: ReturnType<(typeof options)[Name]["read"]> };

/** The names of all options, in the order of the table. */
export const optionNames = Object.keys(options) as readonly OptionName[];
