/** Reads the command line of the tool that reads a stream. */
import type { ParseArgsConfig } from "node:util";
import { regionOfArn } from "../../src/options/stream_name.js";
import { given, type StreamLocation, readEndpoint, readOptions, readRegion, readStream, UsageError } from "../command_line.js";
import { type Position, positionForms, readPosition } from "./position.js";

/** Settings of the tool; the region is the ARN's if the stream is given by ARN. */
export interface TailSettings extends StreamLocation {
  readonly from: Position;
  readonly json: boolean;
  /** Number of user records after which to end; undefined for no end. */
  readonly count: number | undefined;
  /** The only shard to read; undefined for all. */
  readonly shardId: string | undefined;
}

const options = {
  stream: { type: "string" },
  region: { type: "string" },
  endpoint: { type: "string" },
  profile: { type: "string" },
  from: { type: "string" },
  json: { type: "boolean" },
  count: { type: "string" },
  shard: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const satisfies ParseArgsConfig["options"];

/** @param command how the tool is called */
export const help = (command: string): string => `Prints the records of a Kinesis stream as they arrive, deaggregated and decompressed (gzip, zlib, Zstandard).

  ${command} STREAM [options]

  --stream NAME     name or ARN of the stream; --stream may be left out
  --region REGION   its region (default: the region of its ARN, AWS_REGION, or the profile's)
  --endpoint URL    address of another Kinesis, such as http://localhost:4567
  --profile NAME    profile of the shared AWS files (default: the SDK's default credentials chain)
  --from WHERE      latest (the default), trim-horizon (the oldest record that is kept), a time such as
                    2026-01-31T09:30 (local) or 2026-01-31T09:30:00Z, or how long ago: 90s, 15m, 2h, 1d
  --shard ID        only this shard, without its children after a split or merge (default: all shards and their children)
  --count N         end after N records
  --json            one JSON object per line: shard, sequenceNumber, subSequenceNumber, time, partitionKey,
                    explicitHashKey, and data or, if that is not UTF-8, dataBase64

Examples:
  ${command} my-stream --region us-west-2
  ${command} my-stream --region us-west-2 --from 15m --count 100
  ${command} arn:aws:kinesis:us-west-2:123456789012:stream/my-stream --from trim-horizon --json | jq .data
  ${command} my-stream --region us-east-1 --endpoint http://localhost:4567

Colours on a terminal (NO_COLOR: never, FORCE_COLOR: always). Control characters and bytes that are not UTF-8 are printed
as \\x1b and the like; --json keeps them exactly. Ctrl-C ends.${command.startsWith("npm run") ? npmAdvice : ""} Needs kinesis:ListShards,
GetShardIterator and GetRecords.
`;

/** Breaks lines for the text around it. */
const npmAdvice = ` Before a pipe, keep npm's own lines away: npm run --silent
tail -- ... | less, or node scripts/tail.mjs ... | less.`;

/**
 * Reads the arguments after the program's name.
 * @param command how the tool is called, for its advice
 * @throws UsageError
 */
export function readArguments(args: readonly string[], nowMs: number, command = "npm run tail --"): TailSettings | "help" {
  const { values, positionals } = readOptions(args, options);
  if (values.help === true) return "help";
  const [name, second] = [values.stream, ...positionals].filter((each) => !isMissing(each));
  if (isMissing(name)) throw new UsageError(`the stream is missing: name it, ${command} my-stream`);
  if (second !== undefined) throw new UsageError(`'${second}' belongs to no option, and the stream is already '${name}': ${command} my-stream --region us-west-2`);
  const stream = readStream(name);
  return {
    stream,
    region: values.region === undefined ? regionOfArn(stream) : readRegion(values.region),
    endpoint: values.endpoint === undefined ? undefined : readEndpoint(values.endpoint),
    profile: given("profile", values.profile),
    from: readFrom(values.from ?? "latest", nowMs),
    json: values.json ?? false,
    count: values.count === undefined ? undefined : readCount(values.count),
    shardId: given("shard", values.shard),
  };
}

const isMissing = (value: string | undefined): value is undefined | "" => value === undefined || value === "";

function readFrom(value: string, nowMs: number): Position {
  const position = readPosition(value, nowMs);
  if (position === undefined) throw new UsageError(`--from '${value}' is in the future or not one of: ${positionForms}`);
  return position;
}

function readCount(value: string): number {
  const count = Number(value);
  if (/^\d+$/u.test(value) && count >= 1 && Number.isSafeInteger(count)) return count;
  throw new UsageError(`--count '${value}' is not a number of records; it must be 1 or more`);
}
