/** Runs the tool that reads a stream: arguments, the SDK's client, shards, output. */
import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { KinesisClient } from "@aws-sdk/client-kinesis";
import { counted, UsageError, usageStatus, wantsColours } from "../command_line.js";
import { explain } from "../stream_errors.js";
import { createClient } from "../kinesis_client.js";
import { help, readArguments, type TailSettings } from "./arguments.js";
import { jsonLine, type LineOf, textLine } from "./lines.js";
import { isClosedPipe, PipeWriter } from "./pipe_writer.js";
import { describePosition } from "./position.js";
import { RecordPrinter } from "./printing.js";
import type { RetryPolicy } from "./retrying.js";
import { NoSuchShardError, StreamFollower } from "./shards.js";
import { streamApi } from "./stream_api.js";

const failureStatus = 1;
const reading = { name: "reading", actions: "kinesis:ListShards, kinesis:GetShardIterator and kinesis:GetRecords", keyAction: "kms:Decrypt" };

const report = (message: string): void => void process.stderr.write(`${message}\n`);

/**
 * Runs the command; sets the exit status, with which the process ends when all output is written.
 * @param command how the tool is called, for its messages
 */
export async function main(args: readonly string[], command: string): Promise<void> {
  // Ignores a closed pipe of the messages.
  process.stderr.on("error", () => undefined);
  try {
    const settings = readArguments(args, Date.now(), command);
    if (settings === "help") process.stdout.on("error", () => undefined).write(help(command));
    else process.exitCode = await tail(settings);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    report(`tail: ${error.message}\n${command} --help lists all options`);
    process.exitCode = usageStatus;
  }
}

async function tail(settings: TailSettings): Promise<number> {
  const stop = new AbortController();
  const { signal } = stop;
  // Each shard listens to it.
  setMaxListeners(0, signal);
  // Once: a second signal ends the process immediately.
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => stop.abort());

  const output = new PipeWriter(process.stdout, signal, () => stop.abort());
  const printer = new RecordPrinter(lineForm(settings), output.write, settings.count, () => stop.abort());
  let client: KinesisClient | undefined;
  let follower: StreamFollower | undefined;
  try {
    client = await createClient(settings);
    const clock = { now: () => Date.now(), sleep: (ms: number) => sleep(ms, undefined, { signal }) };
    const retryPolicy: RetryPolicy = { clock, report, maxTries: 20 };
    const { stream, from, shardId } = settings;
    follower = new StreamFollower({
      api: streamApi(client, stream, signal),
      from,
      shardId,
      retryPolicy,
      startRetryPolicy: { ...retryPolicy, maxTries: 3 },
      take: printer.take,
      began: (shards) => report(`Reading ${stream}, ${counted(shards, "shard")}, from ${describePosition(from)}; Ctrl-C ends.`),
    });
    await follower.follow();
  } catch (error) {
    if (!signal.aborted) {
      stop.abort();
      report(`tail: ${error instanceof NoSuchShardError ? error.message : explain(error, settings, reading)}`);
      return failureStatus;
    }
  } finally {
    client?.destroy();
  }
  if (isClosedPipe(output.error)) return 0;
  if (output.error !== undefined) {
    report(`tail: the output can't be written (${output.error.message})`);
    return failureStatus;
  }
  report(`${counted(printer.printed, "record")} from ${counted(follower?.shards ?? 0, "shard")}.`);
  return 0;
}

function lineForm({ json }: TailSettings): LineOf {
  if (json) return jsonLine;
  const isColoured = wantsColours(process.env, process.stdout.isTTY);
  return (record) => textLine(record, isColoured);
}
