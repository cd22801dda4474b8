/** Replaces ${NAME} and ${NAME:-default} in values, as Fluent Bit does. */
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import type { Environment } from "../../src/network/environment.js";

/** A value with its variables replaced. */
export interface Resolved {
  readonly value: string;
  /** Names of variables in it that are set nowhere and have no default. */
  readonly unset: readonly string[];
}

/** Returns the value of a variable; undefined if it is unset or empty. */
export type VariableReader = (name: string) => string | undefined;

/**
 * Returns a reader of variables.
 * @param own variables of the configuration, which override the environment's
 */
export function variableReader(own: ReadonlyMap<string, string>, environment: Environment): VariableReader {
  return (name) => {
    const set = own.get(name);
    if (set !== undefined) return set.startsWith("file://") ? contentOf(set.slice("file://".length)) : set;
    const value = environment[name] ?? (name === "HOSTNAME" ? hostname() : "");
    return value === "" ? undefined : value;
  };
}

function contentOf(file: string): string | undefined {
  try {
    const content = readFileSync(file, "utf8").replace(/[\r\n]$/u, "");
    return content === "" ? undefined : content;
  } catch {
    return undefined;
  }
}

/** Size of Fluent Bit's buffer for a name, in bytes. */
const maxBytes = 4096;

/**
 * Replaces the variables of a value.
 * Source: Fluent Bit, src/flb_env.c, flb_env_var_translate, with its quirks: a `}` before the first `${` ends the search,
 * and an unclosed `${` after a variable drops the rest of the value.
 */
export function resolve(raw: string, read: VariableReader): Resolved {
  const unset: string[] = [];
  let value = "";
  let at = 0;
  let end = -1;
  let isAny = false;
  while (at < raw.length) {
    const start = raw.indexOf("${", at);
    if (start < 0) break;
    end = raw.indexOf("}", at);
    const length = end - (start + 2);
    if (end < 0 || length <= 0 || length >= maxBytes) break;
    isAny = true;
    const inner = raw.slice(start + 2, end);
    const colon = inner.indexOf(":");
    const hasDefault = colon >= 0 && inner[colon + 1] === "-";
    const name = hasDefault ? inner.slice(0, colon) : inner;
    const found = read(name);
    const fallback = hasDefault ? inner.slice(colon + 2) : undefined;
    if (found === undefined && fallback === undefined) unset.push(name);
    value += raw.slice(at, start) + (found === undefined || (found === "" && fallback !== undefined) ? (fallback ?? "") : found);
    at = end + 1;
  }
  if (!isAny) return { value: raw, unset };
  return { value: end >= 0 ? value + raw.slice(end + 1) : value, unset };
}
