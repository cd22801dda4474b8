/** Reads options of the command-line tools, and reports errors in them. */
import path from "node:path";
import { parseArgs, type ParseArgsConfig } from "node:util";
import { namesStream } from "../src/options/stream_name.js";
import { nearest } from "./edit_distance.js";

/** Exit status for an invalid command line. */
export const usageStatus = 2;

/** Error in the command line, with a message that says what to write instead. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Returns the command that runs this script again: `kinesis-tail` as npm installs it, or node with its file. */
export function commandOf(script: string, folder: string): string {
  if (!/\.[cm]?js$/u.test(script)) return path.basename(script);
  const relative = path.relative(folder, script);
  const file = relative.startsWith("..") || path.isAbsolute(relative) ? script : relative;
  return `node ${/[^\w./\\:+-]/u.test(file) ? `"${file}"` : file}`;
}

type Options = NonNullable<ParseArgsConfig["options"]>;
interface Strict<Known extends Options> {
  readonly options: Known;
  readonly strict: true;
  readonly allowPositionals: true;
}

/**
 * Reads options and positional arguments. An option may be shortened to an unambiguous prefix, and be written in capitals
 * or with `_`.
 * @throws UsageError for an unknown option, with the likely name, and for a missing or superfluous value
 */
export function readOptions<Known extends Options>(args: readonly string[], options: Known): ReturnType<typeof parseArgs<Strict<Known>>> {
  const names = Object.keys(options);
  try {
    return parseArgs({ args: completed(args, options), options, strict: true, allowPositionals: true });
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    const quoted = /'([^']*)'/u.exec(message)?.[1] ?? "";
    if (code === "ERR_PARSE_ARGS_UNKNOWN_OPTION") throw new UsageError(unknownOption(quoted, args, names), { cause: error });
    const option = /--[\w-]+/u.exec(message)?.[0] ?? "an option";
    if (message.includes("does not take an argument")) throw new UsageError(`${option} takes no value; write ${option} alone`, { cause: error });
    throw new UsageError(`${option} needs a value; write ${option}=VALUE if it begins with a dash`, { cause: error });
  }
}

/** Replaces shortened and differently written options by their full names; leaves unknown ones for parseArgs. */
function completed(args: readonly string[], options: Options): string[] {
  const names = Object.keys(options);
  const end = args.includes("--") ? args.indexOf("--") : args.length;
  return args.map((arg, at) => {
    const [, written = "", value = ""] = /^--([^=]+)(=.*)?$/su.exec(arg) ?? [];
    if (at >= end || written === "" || names.includes(written)) return arg;
    const plain = plainName(written);
    const meant = names.includes(plain) ? [plain] : names.filter((name) => name.startsWith(plain));
    return meant.length === 1 ? `--${meant.join("")}${value}` : arg;
  });
}

function plainName(written: string): string {
  return written.toLowerCase().replaceAll("_", "-");
}

/** @param quoted the option in the message of parseArgs: of several letters after one dash only the first */
function unknownOption(quoted: string, args: readonly string[], names: readonly string[]): string {
  const isOneLetter = /^-[^-]$/u.test(quoted);
  const written = isOneLetter ? (args.find((arg) => arg.length > 2 && arg.startsWith(quoted))?.replace(/=.*$/su, "") ?? quoted) : quoted;
  const plain = plainName(written.replace(/^-+/u, ""));
  const beginning = plain.length < 2 ? [] : names.filter((name) => name.startsWith(plain));
  const meant = names.find((name) => name === plain || plain.startsWith(`${name}-`)) ?? nearest(plain, names);
  if (beginning.length > 1) return `unknown option ${written}; did you mean ${beginning.map((name) => `--${name}`).join(" or ")}?`;
  if (meant !== undefined) return `unknown option ${written}; did you mean --${meant}?`;
  return `unknown option ${written}; the options are ${names.map((name) => `--${name}`).join(", ")}`;
}

/** Returns whether to colour output, as in Node: FORCE_COLOR overrides NO_COLOR, which overrides the terminal check. */
export function wantsColours(environment: Readonly<Record<string, string | undefined>>, isTerminal: boolean): boolean {
  const { FORCE_COLOR: force, NO_COLOR: no = "", TERM: terminal } = environment;
  if (force !== undefined) return force !== "0" && force !== "false";
  return no === "" && isTerminal && terminal !== "dumb";
}

/** A stream, and how to reach it. */
export interface StreamLocation {
  /** Name or ARN of the stream. */
  readonly stream: string;
  /** Undefined: the SDK finds one (AWS_REGION, the profile). */
  readonly region: string | undefined;
  readonly endpoint: string | undefined;
  readonly profile: string | undefined;
}

/** Returns the value of an optional option. @throws UsageError for an empty value */
export function given(option: string, value: string | undefined): string | undefined {
  if (value === "") throw new UsageError(`--${option} is empty; name one or leave it out`);
  return value;
}

/** Returns the name or ARN of a stream. @throws UsageError */
export function readStream(value: string): string {
  if (namesStream(value)) return value;
  throw new UsageError(`'${value}' is neither a stream name (letters, digits, '_', '.', '-') nor a stream ARN`);
}

/** Returns the value of --region. @throws UsageError */
export function readRegion(value: string): string {
  if (/^[a-z\d-]+$/iu.test(value)) return value;
  throw new UsageError(`--region '${value}' is not a region code such as us-west-2`);
}

/** Returns the value of --endpoint. @throws UsageError */
export function readEndpoint(value: string): string {
  try {
    const { protocol } = new URL(value);
    if (protocol === "http:" || protocol === "https:") return value;
  } catch {
    // Not a URL: rejected below, like a URL with another protocol.
  }
  throw new UsageError(`--endpoint '${value}' is not an HTTP URL; write http://host:port or https://host`);
}

/** Returns a number with its noun, in the plural unless it is 1. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
