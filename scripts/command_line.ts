/** What the commands for people have in common. */
import { parseArgs, type ParseArgsConfig } from "node:util";
import { namesStream } from "../src/options/stream_name.js";

/** The status of a command whose command line makes no sense. */
export const usageStatus = 2;

/** The command line makes no sense; the message says what to write instead. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Whether to colour, as Node does it: FORCE_COLOR goes before NO_COLOR, that before what the output is. */
export function wantsColours(environment: Readonly<Record<string, string | undefined>>, isTerminal: boolean): boolean {
  const { FORCE_COLOR: force, NO_COLOR: no = "", TERM: terminal } = environment;
  if (force !== undefined) return force !== "0" && force !== "false";
  return no === "" && isTerminal && terminal !== "dumb";
}

/** Where a command finds its stream. */
export interface Place {
  /** A stream's name or its ARN. */
  readonly stream: string;
  /** Undefined: where the SDK finds one (AWS_REGION, the profile). */
  readonly region: string | undefined;
  readonly endpoint: string | undefined;
  readonly profile: string | undefined;
}

/**
 * Parses the arguments behind the program's name.
 * @param example of a right command line
 * @throws UsageError
 */
export function parseCommandLine<const Config extends ParseArgsConfig & { readonly options: object }>(args: readonly string[], config: Config, example: string) {
  try {
    return parseArgs({ ...config, args: [...args], strict: true });
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    const quoted = /'([^']*)'/u.exec(message)?.[1] ?? "";
    const names = Object.keys(config.options).map((name) => `--${name}`).join(", ");
    if (code === "ERR_PARSE_ARGS_UNKNOWN_OPTION") throw new UsageError(`unknown option ${quoted}; there are ${names}`);
    if (code === "ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL") {
      // npm takes all options before -- for its own, and hands on only their values.
      throw new UsageError(`'${quoted}' belongs to no option; npm run needs -- before the options: ${example}`);
    }
    const option = /--\w+/u.exec(message)?.[0] ?? "an option";
    if (message.includes("does not take an argument")) throw new UsageError(`${option} takes no value; write ${option} alone`);
    throw new UsageError(`${option} needs a value; write ${option}=VALUE if it begins with a dash`);
  }
}

/** Returns the value of an option that may be left out but not be empty. @throws UsageError */
export function given(option: string, value: string | undefined): string | undefined {
  if (value === "") throw new UsageError(`--${option} is empty; name one or leave it out`);
  return value;
}

/** Returns the value of --stream. @throws UsageError */
export function readStream(value: string): string {
  if (namesStream(value)) return value;
  throw new UsageError(`--stream '${value}' is no stream's name (letters, digits, '_', '.', '-') and no ARN of one`);
}

/** Returns the value of --region. @throws UsageError */
export function readRegion(value: string): string {
  if (/^[a-z\d-]+$/iu.test(value)) return value;
  throw new UsageError(`--region '${value}' is no region's code, such as us-west-2`);
}

/** Returns the value of --endpoint. @throws UsageError */
export function readEndpoint(value: string): string {
  try {
    const { protocol } = new URL(value);
    if (protocol === "http:" || protocol === "https:") return value;
  } catch {
    // The same as another protocol.
  }
  throw new UsageError(`--endpoint '${value}' is no URL; write http://host:port or https://host`);
}

/** A number and what it counts. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
