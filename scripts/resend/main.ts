/** Runs the tool that sends dropped records again: reads dead letters, sends them, and keeps the unsent lines. */
import { closeSync, existsSync, openSync, writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expectRegular, isSystemError, privateMode } from "../../src/files/named_file.js";
import { randomPartitionKeyCharacters } from "../../src/limits.js";
import { randomPartitionKey } from "../../src/record/partition_key.js";
import { counted, UsageError, usageStatus } from "../command_line.js";
import { explain } from "../stream_errors.js";
import { createClient } from "../kinesis_client.js";
import { help, readArguments, type ResendSettings } from "./arguments.js";
import { lettersOf, type Letter } from "./letters.js";
import { type Failure, hasRoom, isSendable, type Outgoing, type Put, putWith, sendBatch, sizeOf } from "./sending.js";

const failureStatus = 1;
const maxTries = 10;
/** Maximum bytes of the open batches of all streams. */
const maxHeldBytes = 32 * 1024 * 1024;
const sending = { name: "sending", actions: "kinesis:PutRecords", keyAction: "kms:GenerateDataKey" };

const report = (message: string): void => void process.stderr.write(`${message}\n`);

/**
 * Runs the command; sets the exit status.
 * @param command how the tool is called, for its messages
 */
export async function main(args: readonly string[], command: string): Promise<void> {
  process.stderr.on("error", () => undefined);
  process.stdout.on("error", () => undefined);
  try {
    const settings = readArguments(args, command);
    if (settings === "help") process.stdout.write(help(command));
    else process.exitCode = await resend(settings);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    report(`resend: ${error.message}\n${command} --help lists all options`);
    process.exitCode = usageStatus;
  }
}

/** A record with its line in the file. */
interface OutgoingLetter extends Outgoing {
  readonly line: number;
  readonly text: string;
  readonly stream: string;
}

async function resend(settings: ResendSettings): Promise<number> {
  const { file, unsent } = settings;
  try {
    await expectRegular(file);
    // Never overwrites a file: it may hold the lines of another run.
    if (existsSync(unsent)) throw new UsageError(`${unsent} exists already; move it away, or name another file with --unsent`);
    if (!existsSync(file)) throw new UsageError(`there is no file ${file}`);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    report(`resend: ${file} ${isSystemError(error) ? `cannot be read (${error.code})` : (error as Error).message}`);
    return failureStatus;
  }
  const stop = new AbortController();
  // Once: a second signal ends the process immediately.
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => stop.abort());
  const run = new Run(settings, stop.signal);
  try {
    return await run.all();
  } catch (error) {
    if (!isSystemError(error)) throw error;
    report(`resend: ${error.path ?? `${file} or ${unsent}`} cannot be read or written (${error.code}); ${run.summary}`);
    return failureStatus;
  } finally {
    run.close();
  }
}

/** One run of the command. */
class Run {
  readonly #settings: ResendSettings;
  readonly #signal: AbortSignal;
  /** Open batches, by stream. */
  readonly #batches = new Map<string, { records: OutgoingLetter[]; bytes: number }>();
  #unsentFile: number | undefined;
  #sent = 0;
  #failed = 0;
  #events = 0;
  #bad = 0;
  #isStopped = false;

  constructor(settings: ResendSettings, signal: AbortSignal) {
    this.#settings = settings;
    this.#signal = signal;
  }

  /** Counts so far, as text. */
  get summary(): string {
    const { file, unsent } = this.#settings;
    const failed = this.#failed === 0 ? "" : `, ${this.#failed} not sent`;
    const events = this.#events === 0 ? "" : `, ${counted(this.#events, "event")} that never became a record`;
    const kept = this.#failed + this.#events === 0 ? "" : `, now in ${unsent}`;
    const bad = this.#bad === 0 ? "" : `, ${counted(this.#bad, "bad line")} skipped`;
    return `${file}: ${counted(this.#sent, "record")} sent${failed}${events}${kept}${bad}`;
  }

  /** Sends all records. Returns the exit status. */
  async all(): Promise<number> {
    const { file, region, endpoint, profile } = this.#settings;
    const client = await createClient({ region, endpoint, profile });
    const put = putWith(client);
    try {
      for await (const letter of lettersOf(file)) await this.#take(letter, put);
      for (const stream of [...this.#batches.keys()]) await this.#send(stream, put);
    } finally {
      client.destroy();
    }
    process.stdout.write(`${this.summary}\n`);
    return this.#failed + this.#events + this.#bad === 0 ? 0 : failureStatus;
  }

  close(): void {
    if (this.#unsentFile !== undefined) closeSync(this.#unsentFile);
  }

  async #take(letter: Letter, put: Put): Promise<void> {
    if (letter.kind === "bad") {
      this.#bad++;
      report(`resend: line ${letter.line} is skipped: ${letter.why}`);
      return;
    }
    if (letter.kind === "event") {
      this.#events++;
      this.#keep(letter.text);
      return;
    }
    const stream = this.#settings.stream ?? letter.stream;
    const partitionKey = letter.partitionKey ?? randomPartitionKey(Math.random, randomPartitionKeyCharacters);
    const record = { ...letter, stream, partitionKey };
    if (!isSendable(record)) {
      this.#notSent(record, { code: "TooLarge", message: "it is larger than the limit of any stream" });
      return;
    }
    const batch = this.#batches.get(stream);
    if (batch !== undefined && !hasRoom(batch.records.length, batch.bytes, record)) await this.#send(stream, put);
    const open = this.#batches.get(stream) ?? { records: [], bytes: 0 };
    open.records.push(record);
    open.bytes += sizeOf(record);
    this.#batches.set(stream, open);
    const heldBytes = [...this.#batches.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    if (heldBytes > maxHeldBytes) for (const waiting of [...this.#batches.keys()]) await this.#send(waiting, put);
  }

  async #send(stream: string, put: Put): Promise<void> {
    const { records } = this.#batches.get(stream) ?? { records: [] };
    this.#batches.delete(stream);
    if (this.#isStopped || this.#signal.aborted) {
      for (const record of records) this.#notSent(record, undefined);
      return;
    }
    const wait = (milliseconds: number) => sleep(milliseconds, undefined, { signal: this.#signal }).catch(() => undefined);
    const { unsent, end } = await sendBatch(stream, records, put, { sleep: wait, maxTries, isStopped: () => this.#signal.aborted });
    this.#sent += records.length - unsent.size;
    for (const [record, failure] of unsent) this.#notSent(record, failure);
    if (end === undefined) return;
    const { region, endpoint, profile } = this.#settings;
    report(`resend: ${explain(end.error, { stream, region, endpoint, profile }, sending)}`);
    this.#isStopped = true;
  }

  #notSent({ line, text }: OutgoingLetter, failure: Failure | undefined): void {
    this.#failed++;
    if (failure !== undefined) report(`resend: line ${line} is not sent: ${failure.code}: ${failure.message}`);
    this.#keep(text);
  }

  #keep(text: string): void {
    this.#unsentFile ??= openSync(this.#settings.unsent, "wx", privateMode);
    writeSync(this.#unsentFile, `${text}\n`);
  }
}
