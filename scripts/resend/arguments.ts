/** Reads the command line of the tool that sends dropped records again. */
import type { ParseArgsConfig } from "node:util";
import { regionOfArn } from "../../src/options/stream_name.js";
import { given, type StreamLocation, readEndpoint, readOptions, readRegion, readStream, UsageError } from "../command_line.js";

export interface ResendSettings extends Omit<StreamLocation, "stream"> {
  /** Path of the file of dead letters. */
  readonly file: string;
  /** Stream of all records; undefined: the stream of each line. */
  readonly stream: string | undefined;
  /** Path of the file for the lines that are not sent. */
  readonly unsent: string;
}

const options = {
  stream: { type: "string" },
  region: { type: "string" },
  endpoint: { type: "string" },
  profile: { type: "string" },
  unsent: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const satisfies ParseArgsConfig["options"];

/** @param command how the tool is called */
export const help = (command: string): string => `Sends the records of a dead-letter file (option dead_letter_file) again.

  ${command} FILE [options]

  --region REGION   region of the streams (default: the region of --stream's ARN, AWS_REGION, or the profile's)
  --stream NAME     name or ARN of the stream for all records (default: the stream of each line)
  --endpoint URL    address of another Kinesis, such as http://localhost:4567
  --profile NAME    profile of the shared AWS files (default: the SDK's default credentials chain)
  --unsent FILE     new file for the lines that are not sent; it must not exist yet (default: FILE.unsent)

Sends each record as it is in the file, with its partition key. Retries only the records that failed. Lines of the form
msgpack hold an event that never became a record: they are not sent, and go to the file of --unsent. Reports and skips
lines that are not dead letters. Does not change FILE. Status: 0 when all was sent, 1 when not, 2 when the command line
is invalid. Ctrl-C ends the command; the remaining lines go to the file of --unsent. Needs kinesis:PutRecords.

Examples:
  ${command} dropped.json --region us-west-2
  ${command} dropped.json --stream other-stream --region us-west-2 --unsent left.json
`;

/**
 * Reads the arguments after the program's name.
 * @param command how the tool is called, for its advice
 * @throws UsageError
 */
export function readArguments(args: readonly string[], command = "npm run resend --"): ResendSettings | "help" {
  const example = `${command} dropped.json --region us-west-2`;
  const { values, positionals } = readOptions(args, options);
  if (values.help === true) return "help";
  const [file = "", another] = positionals;
  if (file === "") throw new UsageError(`the file is missing: ${example}`);
  if (another !== undefined) throw new UsageError(`'${another}' is one file too many; ${example}`);
  const stream = values.stream === undefined ? undefined : readStream(values.stream);
  return {
    file,
    stream,
    region: values.region === undefined ? (stream === undefined ? undefined : regionOfArn(stream)) : readRegion(values.region),
    endpoint: values.endpoint === undefined ? undefined : readEndpoint(values.endpoint),
    profile: given("profile", values.profile),
    unsent: given("unsent", values.unsent) ?? `${file}.unsent`,
  };
}
