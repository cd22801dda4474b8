/** Tells the user how sending goes: one message for each change, not one for each chunk, and one failure a minute at most. */
import type { EntryTable } from "../pack/entry_table.js";
import { randomPartitionKeyCharacters } from "../limits.js";
import { RepeatedMessage, type Log } from "../telemetry/log.js";
import type { Delivery, Failure, RefusedEntry } from "./delivery.js";

/** What to do about failures that do not pass by themselves. */
const advice: Readonly<Record<string, string>> = {
  CredentialsProviderError:
    "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or the option profile, or give the host, task or pod a role",
  AccessDenied: "allow sts:AssumeRole on the role, and let the role trust the identity that is named",
  ResourceNotFoundException: "check the options stream and region",
  AccessDeniedException: "allow kinesis:PutRecords on the stream",
  UnrecognizedClientException: "check the credentials",
  InvalidSignatureException: "check the credentials and the system's clock",
  ExpiredTokenException: "renew the credentials",
  ProvisionedThroughputExceededException: "Throughput limits for the stream may have been exceeded",
  ECONNREFUSED: "check the option endpoint and the network",
  ENOTFOUND: "check the options region and endpoint, and DNS",
  EAI_AGAIN: "check the options region and endpoint, and DNS",
};

/** The same for a stream that records choose. */
const chosenStreamAdvice: Readonly<Record<string, string>> = {
  ...advice,
  ResourceNotFoundException: "create the stream, or check the options stream_key and region",
};

/** Between two messages about failures. */
const pauseMs = 60_000;

/** Follows the deliveries to one stream of an output. */
export class DeliveryReport {
  readonly #log: Log;
  readonly #now: () => number;
  readonly #advice: Readonly<Record<string, string>>;
  readonly #refused: RepeatedMessage;
  #failingSince: number | undefined;
  /** Of the failures since then, the last that was written as an error. */
  #toldCode: string | undefined;
  #toldMs = Number.NEGATIVE_INFINITY;
  #untold = 0;

  /**
   * @param now milliseconds that only ever grow
   * @param isChosen whether records choose the stream
   */
  constructor(log: Log, now: () => number, isChosen = false) {
    this.#log = log;
    this.#advice = isChosen ? chosenStreamAdvice : advice;
    this.#now = now;
    this.#refused = new RepeatedMessage((message) => log.error(message), now);
  }

  /**
   * Takes the outcome of entries of a table.
   * @param isCutOff whether the output has ended: what remains then is no failure of the service
   */
  report(table: EntryTable, delivery: Delivery, isCutOff = false): void {
    for (const refused of delivery.refused) {
      this.#refused.report(describeRefused(table, refused), table.userRecordsOf(refused.entry));
    }
    if (delivery.kind === "delivered") return this.#recovered(delivery.deliveredRecords);
    if (isCutOff) return;
    const { failure, deliveredRecords } = delivery;
    const remaining = delivery.remaining.reduce((sum, entry) => sum + table.userRecordsOf(entry), 0);
    const message = `${remaining}/${remaining + deliveredRecords} records failed to be delivered. Will retry. ${describe(failure, this.#advice)}`;
    const now = this.#now();
    this.#failingSince ??= now;
    // Not for each new code: a service may have another one each time.
    if (failure.code === this.#toldCode || now - this.#toldMs < pauseMs) {
      this.#untold++;
      return this.#log.debug(message);
    }
    const count = this.#untold === 0 ? "" : ` (${this.#untold} failures since the last such message)`;
    this.#log.error(`${message} Further failures of this kind are only written at log level debug${count}.`);
    this.#toldCode = failure.code;
    this.#toldMs = now;
    this.#untold = 0;
  }

  #recovered(delivered: number): void {
    this.#log.debug(`Sent ${delivered} records to Kinesis`);
    if (this.#failingSince === undefined || delivered === 0) return;
    const seconds = Math.round((this.#now() - this.#failingSince) / 1000);
    const message = `Records are delivered again, after ${seconds} s of failures`;
    if (this.#toldCode === undefined) this.#log.debug(message);
    else this.#log.info(message);
    this.#failingSince = undefined;
    this.#toldCode = undefined;
  }
}

/** Sizes and the reason; never what is in the record. */
function describeRefused(table: EntryTable, { entry, failure }: RefusedEntry): string {
  const { data, partitionKey } = table.view(entry);
  const characters = partitionKey === undefined ? randomPartitionKeyCharacters : Array.from(partitionKey).length;
  const key = `a partition key of ${characters} characters`;
  return `A record of ${data.length} bytes with ${key} is dropped, since Kinesis refuses it with ${failure.code}: ${failure.message}`;
}

function describe({ code, message }: Failure, adviceOf: Readonly<Record<string, string>>): string {
  const whatToDo = adviceOf[code];
  return `PutRecords failed with ${code}: ${message}${whatToDo === undefined ? "" : ` (${whatToDo})`}.`;
}
