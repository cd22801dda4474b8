/** Reads files of variables in the form of Docker and systemd: NAME=value lines. */
import { readFileSync } from "node:fs";
import { UsageError } from "../command_line.js";

/**
 * Returns the variables of a file; the last line of a repeated name wins.
 * @throws UsageError with the line that is neither a variable nor a comment
 */
export function readEnvironmentFile(file: string): Readonly<Record<string, string>> {
  const variables = contentOf(file).split(/\r?\n/u).flatMap((line, index) => {
    if (/^\s*(?:[#;]|$)/u.test(line)) return [];
    const [, name, value = ""] = /^\s*(?:export\s+)?([A-Za-z_]\w*)=(.*)$/u.exec(line) ?? [];
    if (name === undefined) throw new UsageError(`${file}:${index + 1}: this line is not NAME=value`);
    return [[name, unquoted(value.trim())] as const];
  });
  return Object.fromEntries(variables);
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`--variables '${file}' cannot be read: ${(error as Error).message}`);
  }
}

function unquoted(value: string): string {
  return /^(["'])(.*)\1$/u.exec(value)?.[2] ?? value;
}
