/** The command line of the tool that sends dropped records again. */
import type { ParseArgsConfig } from "node:util";
import { regionOfArn } from "../../src/options/stream_name.js";
import { given, type Place, readEndpoint, readOptions, readRegion, readStream, UsageError } from "../command_line.js";

export interface ResendSettings extends Omit<Place, "stream"> {
  /** The file of dead letters. */
  readonly file: string;
  /** Where all records go; undefined: each to the stream of its line. */
  readonly stream: string | undefined;
  /** The file for the lines that are not sent. */
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
export const help = (command: string): string => `Sends the records of a file that dead_letter_file has written once more.

  ${command} FILE [options]

  --region REGION   the region of the streams; without it that of --stream's ARN, AWS_REGION, or that of the profile
  --stream NAME     the stream for all records, by its name or its ARN; without it each goes to the stream of its line
  --endpoint URL    address of another Kinesis, such as http://localhost:4567
  --profile NAME    profile of the shared AWS files; without it the SDK's default chain finds credentials
  --unsent FILE     where the lines of records go that are not sent; it must not be there yet. Without it FILE.unsent

Records go out as they are in the file, with their partition keys. What fails is retried by itself. Lines of the form
msgpack hold an event that never became a record: they are not sent, and go to the file of --unsent. Lines that are no
dead letters are told and skipped. Nothing of FILE is changed. The status is 0 when all was sent, 1 when not, 2 when the
command line makes no sense. Ctrl-C ends, and what is left goes to the file of --unsent. Needed: kinesis:PutRecords.

Examples:
  ${command} dropped.json --region us-west-2
  ${command} dropped.json --stream other-stream --region us-west-2 --unsent left.json
`;

/**
 * Reads the arguments behind the program's name.
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
