/** What the commands for people have in common: how they are called, and how their options are read. */
import path from "node:path";
import { parseArgs, type ParseArgsConfig } from "node:util";
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
