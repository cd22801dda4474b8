/** Runs the tool that watches a Fluent Bit: arguments, readings of its metrics, screen. */
import { setTimeout as sleep } from "node:timers/promises";
import { UsageError, usageStatus } from "../command_line.js";
import { help, readArguments, type WatchSettings } from "./arguments.js";
import { dashboard, type Look } from "./dashboard.js";
import { scrape, ScrapeError } from "./scrape.js";

const failureStatus = 1;
/** ECMA-48: moves to the upper left corner and clears the screen from there. */
const clear = "\u001b[H\u001b[J";

/**
 * Runs the command; sets the exit status, with which the process ends when all output is written.
 * @param command how the tool is called, for its messages
 */
export async function main(args: readonly string[], command: string): Promise<void> {
  try {
    const settings = readArguments(args, command);
    if (settings === "help") process.stdout.on("error", () => undefined).write(help(command));
    else await watch(settings);
  } catch (error) {
    const isUsage = error instanceof UsageError;
    if (!isUsage && !(error instanceof ScrapeError)) throw error;
    process.stderr.write(`watch: ${error.message}\n${isUsage ? `${command} --help lists all options\n` : ""}`);
    process.exitCode = isUsage ? usageStatus : failureStatus;
  }
}

/** Shows readings until the end. The first one must succeed; later ones may fail, since Fluent Bit may restart. */
async function watch({ url, intervalMs, count }: WatchSettings): Promise<void> {
  const stop = new AbortController();
  const isStopped = () => stop.signal.aborted;
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => stop.abort());
  // Ends when a reader such as `head` closes the pipe.
  process.stdout.on("error", () => stop.abort());
  let before: Look | undefined;
  for (let readings = 1; !isStopped(); readings++) {
    try {
      const now = await scrape(url, stop.signal);
      show(dashboard(before, now));
      before = now;
    } catch (error) {
      if (isStopped()) return;
      if (before === undefined || !(error instanceof ScrapeError)) throw error;
      show(`${error.message}\n`);
    }
    if (readings === count) return;
    await sleep(intervalMs, undefined, { signal: stop.signal }).catch(() => undefined);
  }
}

function show(text: string): void {
  process.stdout.write(process.stdout.isTTY ? `${clear}${text}` : `${text}\n`);
}
