/** Reads the command line of the tool that watches a Fluent Bit. */
import type { ParseArgsConfig } from "node:util";
import { readOptions, UsageError } from "../command_line.js";

export interface WatchSettings {
  /** Address of Fluent Bit's metrics. */
  readonly url: URL;
  readonly intervalMs: number;
  /** Number of updates after which to end; undefined for no end. */
  readonly count: number | undefined;
}

const options = {
  interval: { type: "string" },
  count: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const satisfies ParseArgsConfig["options"];

const usualUrl = "http://127.0.0.1:2020";
const metricsPath = "/api/v2/metrics/prometheus";
const maxIntervalSeconds = 3600;

/** @param command how the tool is called */
export const help = (command: string): string => `Shows metrics of the kinesis outputs of a running Fluent Bit: records, requests, throttling, retries, latency.

  ${command} [URL] [options]

  URL                 Fluent Bit's HTTP server (http_server on in [SERVICE]), ${usualUrl} by default
  --interval SECONDS  time between two updates, 1 to ${maxIntervalSeconds}; 2 by default. Fluent Bit renews its metrics every second
  --count N           end after N updates

Examples:
  ${command}
  ${command} http://10.0.0.7:2020 --interval 10
  ${command} --count 1

On a terminal each update replaces the previous one; in a pipe they follow each other. Rates per second are averages since the
previous update. Ctrl-C ends.
`;

/**
 * Reads the arguments after the program's name.
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
    intervalMs: readNumber("interval", values.interval ?? "2", maxIntervalSeconds) * 1000,
    count: values.count === undefined ? undefined : readNumber("count", values.count, Number.MAX_SAFE_INTEGER),
  };
}

/** Completes an address: a host with its port is enough; keeps a path. */
function readUrl(address: string): URL {
  const full = /^[a-z]+:\/\//iu.test(address) ? address : `http://${address}`;
  const url = parsedUrl(full);
  if (url === undefined || !/^https?:$/u.test(url.protocol)) throw new UsageError(`'${address}' is not an address of Fluent Bit's HTTP server, such as ${usualUrl}`);
  if (url.pathname === "/") url.pathname = metricsPath;
  return url;
}

function readNumber(option: string, value: string, max: number): number {
  const number = Number(value);
  if (/^\d+$/u.test(value) && number >= 1 && number <= max) return number;
  throw new UsageError(`--${option} '${value}' is not a whole number from 1 to ${max}`);
}

/** Returns the URL; undefined if it is invalid. Node.js 18 has no URL.canParse. */
function parsedUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
