/** The command line of `npm run tail`. */
import type { ParseArgsConfig } from "node:util";
import { regionOfArn } from "../../src/options/stream_name.js";
import { given, parseCommandLine, type Place, readEndpoint, readRegion, readStream, UsageError } from "../command_line.js";
import { type Position, positionForms, readPosition } from "./position.js";

/** Its region is that of the ARN, if the stream is named by one. */
export interface TailSettings extends Place {
  readonly from: Position;
  readonly json: boolean;
  /** The end comes after so many user records; undefined for no end. */
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

export const help = `Prints the records of a Kinesis stream as they arrive: aggregates are taken apart, gzip and zlib unpacked.

  npm run tail -- --stream NAME [options]

  --stream NAME     the stream, by its name or its ARN
  --region REGION   its region; without it that of its ARN, AWS_REGION, or that of the profile
  --endpoint URL    address of another Kinesis, such as http://localhost:4567
  --profile NAME    profile of the shared AWS files; without it the SDK's default chain finds credentials
  --from WHERE      latest (the default), trim-horizon (the oldest record that is kept), a time such as
                    2026-01-31T09:30 (local) or 2026-01-31T09:30:00Z, or how long ago: 90s, 15m, 2h, 1d
  --shard ID        only this shard, and nothing behind a split or merge of it; without it all, and their children
  --count N         end after so many records
  --json            one JSON object a line: shard, sequenceNumber, subSequenceNumber, time, partitionKey,
                    explicitHashKey, and data or, when that is no UTF-8, dataBase64

Colours on a terminal (NO_COLOR: never, FORCE_COLOR: always). Control characters and what is no UTF-8 are printed as
\\x1b and the like; --json keeps them exactly. Ctrl-C ends. Before a pipe, keep npm's own lines away: npm run --silent
tail -- ... | less, or node scripts/tail.mjs ... | less. Needed: kinesis:ListShards, GetShardIterator and GetRecords.
`;

/**
 * Reads the arguments behind the program's name.
 * @throws UsageError
 */
export function readArguments(args: readonly string[], nowMs: number): TailSettings | "help" {
  const { values } = parseCommandLine(args, { options, allowPositionals: false }, "npm run tail -- --stream my-stream");
  if (values.help === true) return "help";
  if (isMissing(values.stream)) throw new UsageError("--stream is missing: name the stream to read, --stream my-stream");
  const stream = readStream(values.stream);
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
  if (position === undefined) throw new UsageError(`--from '${value}' is none of these, or lies in the future: ${positionForms}`);
  return position;
}

function readCount(value: string): number {
  const count = Number(value);
  if (/^\d+$/u.test(value) && count >= 1 && Number.isSafeInteger(count)) return count;
  throw new UsageError(`--count '${value}' is no number of records; it must be 1 or more`);
}
