/** What the commands for people have in common: how they are called, and how their options are read. */
import path from "node:path";
import { parseArgs, type ParseArgsConfig } from "node:util";
import { namesStream } from "../src/options/stream_name.js";
import { nearest } from "./edit_distance.js";

/** The status of a command whose command line makes no sense. */
export const usageStatus = 2;

/** The command line makes no sense; the message says what to write instead. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Returns how to call a tool again, by the script that runs: `kinesis-tail` as npm installs it, or node with its file. */
export function commandOf(script: string, folder: string): string {
  if (!/\.[cm]?js$/u.test(script)) return path.basename(script);
  const beside = path.relative(folder, script);
  const file = beside.startsWith("..") || path.isAbsolute(beside) ? script : beside;
  return `node ${/[^\w./\\:+-]/u.test(file) ? `"${file}"` : file}`;
}

type Options = NonNullable<ParseArgsConfig["options"]>;
interface Strict<Known extends Options> {
  readonly options: Known;
  readonly strict: true;
  readonly allowPositionals: true;
}

/**
 * Reads options, and arguments that are none. An option may be shortened while it stays the only one that begins so, and be
 * written in capitals or with `_`.
 * @throws UsageError for all else, with the name that may be meant
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

/** As parseArgs knows the options; what it does not know stays. */
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

/** @param quoted as parseArgs names it: of several letters behind one dash only the first */
function unknownOption(quoted: string, args: readonly string[], names: readonly string[]): string {
  const isOneLetter = /^-[^-]$/u.test(quoted);
  const written = isOneLetter ? (args.find((arg) => arg.length > 2 && arg.startsWith(quoted))?.replace(/=.*$/su, "") ?? quoted) : quoted;
  const plain = plainName(written.replace(/^-+/u, ""));
  const beginning = plain.length < 2 ? [] : names.filter((name) => name.startsWith(plain));
  const meant = names.find((name) => name === plain || plain.startsWith(`${name}-`)) ?? nearest(plain, names);
  if (beginning.length > 1) return `unknown option ${written}; did you mean ${beginning.map((name) => `--${name}`).join(" or ")}?`;
  if (meant !== undefined) return `unknown option ${written}; did you mean --${meant}?`;
  return `unknown option ${written}; there are ${names.map((name) => `--${name}`).join(", ")}`;
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

/** Returns the value of an option that may be left out but not be empty. @throws UsageError */
export function given(option: string, value: string | undefined): string | undefined {
  if (value === "") throw new UsageError(`--${option} is empty; name one or leave it out`);
  return value;
}

/** Returns the name or ARN of a stream. @throws UsageError */
export function readStream(value: string): string {
  if (namesStream(value)) return value;
  throw new UsageError(`'${value}' is no stream's name (letters, digits, '_', '.', '-') and no ARN of one`);
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
