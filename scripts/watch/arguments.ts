/** The command line of the tool that watches a Fluent Bit. */
import type { ParseArgsConfig } from "node:util";
import { readOptions, UsageError } from "../command_line.js";

export interface WatchSettings {
  /** Where Fluent Bit shows its metrics. */
  readonly url: URL;
  readonly intervalMs: number;
  /** The end comes after so many looks; undefined for no end. */
  readonly count: number | undefined;
}

const options = {
  interval: { type: "string" },
  count: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const satisfies ParseArgsConfig["options"];

const usualUrl = "http://127.0.0.1:2020";
const metricsPath = "/api/v2/metrics/prometheus";
const longestIntervalSeconds = 3600;

/** @param command how the tool is called */
export const help = (command: string): string => `Shows what the kinesis outputs of a running Fluent Bit do: records, requests, throttling, retries, latency.

  ${command} [URL] [options]

  URL                 Fluent Bit's HTTP server (http_server on in [SERVICE]), ${usualUrl} by default
  --interval SECONDS  time between two looks, 1 to ${longestIntervalSeconds}; 2 by default. Fluent Bit renews its metrics each second
  --count N           end after so many looks

Examples:
  ${command}
  ${command} http://10.0.0.7:2020 --interval 10
  ${command} --count 1

On a terminal each look takes the place of the one before; in a pipe they follow each other. Numbers per second are those since
the look before. Ctrl-C ends.
`;

/**
 * Reads the arguments behind the program's name.
 * @param command how the tool is called, for its advice
 * @throws UsageError
 */
export function readArguments(args: readonly string[], command: string): WatchSettings | "help" {
  const { values, positionals } = readOptions(args, options);
  if (values.help === true) return "help";
  const [address = usualUrl, second] = positionals;
  if (second !== undefined) throw new UsageError(`'${second}' belongs to no option: one Fluent Bit at a time, ${command} ${usualUrl}`);
  return {
    url: readUrl(address),
    intervalMs: readNumber("interval", values.interval ?? "2", longestIntervalSeconds) * 1000,
    count: values.count === undefined ? undefined : readNumber("count", values.count, Number.MAX_SAFE_INTEGER),
  };
}

/** A host with its port is enough; a path of its own stays. */
function readUrl(address: string): URL {
  const full = /^[a-z]+:\/\//iu.test(address) ? address : `http://${address}`;
  const url = parsedUrl(full);
  if (url === undefined || !/^https?:$/u.test(url.protocol)) throw new UsageError(`'${address}' is no address of Fluent Bit's HTTP server, such as ${usualUrl}`);
  if (url.pathname === "/") url.pathname = metricsPath;
  return url;
}

function readNumber(option: string, value: string, most: number): number {
  const number = Number(value);
  if (/^\d+$/u.test(value) && number >= 1 && number <= most) return number;
  throw new UsageError(`--${option} '${value}' is no whole number from 1 to ${most}`);
}

/** URL.canParse is not in Node.js 18. */
function parsedUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
