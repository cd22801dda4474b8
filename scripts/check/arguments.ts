/** The command line of `npm run check`. */
import { parseArgs, type ParseArgsConfig } from "node:util";
import { UsageError } from "../command_line.js";

export interface CheckSettings {
  readonly file: string;
  /** Whether AWS is asked. */
  readonly live: boolean;
  readonly json: boolean;
}

const options = {
  config: { type: "string", short: "c" },
  live: { type: "boolean" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const satisfies ParseArgsConfig["options"];

export const help = `Says what is wrong or risky in the kinesis outputs of a Fluent Bit configuration.

  npm run check -- -c fluent-bit.conf [--live] [--json]

  -c, --config FILE  the configuration, classic or (*.yaml, *.yml) YAML; what it includes is read too
  --live             also asks AWS, with the credentials of each output, for its stream; nothing is sent to it
  --json             one JSON object instead of text: findings, live

Variables in \${…} are taken from this command's environment. Status: 0 without errors (there may be warnings and hints),
1 with errors, 2 when the command line makes no sense or the file cannot be read. Colours on a terminal (NO_COLOR: never).
`;

/**
 * Reads the arguments behind the program's name.
 * @throws UsageError
 */
export function readArguments(args: readonly string[]): CheckSettings | "help" {
  const { config: file = "", live = false, json = false, help: isAsked = false } = parse(args);
  if (isAsked) return "help";
  if (file === "") throw new UsageError("name the configuration: -c fluent-bit.conf");
  return { file, live, json };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: false, strict: true }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
