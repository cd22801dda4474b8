/** Logs when deliveries fail, at most once a minute, and when they recover. */
import type { EntryTable } from "../pack/entry_table.js";
import { randomPartitionKeyCharacters } from "../limits.js";
import { RepeatedMessage, type Log } from "../telemetry/log.js";
import type { Delivery, Failure, RefusedEntry } from "./delivery.js";

/** Advice for failures that do not go away by themselves, by error code. */
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

/** Advice for a stream that records choose (`stream_key`). */
const chosenStreamAdvice: Readonly<Record<string, string>> = {
  ...advice,
  ResourceNotFoundException: "create the stream, or check the options stream_key and region",
};

/** Minimum time between two error messages about failures. */
const pauseMs = 60_000;

/** Reports the deliveries to one stream of an output. */
export class DeliveryReport {
  readonly #log: Log;
  readonly #now: () => number;
  readonly #advice: Readonly<Record<string, string>>;
  readonly #refused: RepeatedMessage;
  #failingSince: number | undefined;
  /** Code of the last failure since then that was logged as an error. */
  #loggedCode: string | undefined;
  #loggedMs = Number.NEGATIVE_INFINITY;
  #suppressed = 0;

  /**
   * @param now returns milliseconds that never decrease
   * @param isChosen whether records choose the stream
   */
  constructor(log: Log, now: () => number, isChosen = false) {
    this.#log = log;
    this.#advice = isChosen ? chosenStreamAdvice : advice;
    this.#now = now;
    this.#refused = new RepeatedMessage((message) => log.error(message), now);
  }

  /**
   * Logs the outcome of a delivery.
   * @param isCutOff whether the output has ended: entries that remain then are not a failure of the service
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
    // A new code alone does not end the pause: a service may return another code each time.
    if (failure.code === this.#loggedCode || now - this.#loggedMs < pauseMs) {
      this.#suppressed++;
      return this.#log.debug(message);
    }
    const count = this.#suppressed === 0 ? "" : ` (${this.#suppressed} failures since the last such message)`;
    this.#log.error(`${message} Further failures of this kind are only written at log level debug${count}.`);
    this.#loggedCode = failure.code;
    this.#loggedMs = now;
    this.#suppressed = 0;
  }

  #recovered(delivered: number): void {
    this.#log.debug(`Sent ${delivered} records to Kinesis`);
    if (this.#failingSince === undefined || delivered === 0) return;
    const seconds = Math.round((this.#now() - this.#failingSince) / 1000);
    const message = `Records are delivered again, after ${seconds} s of failures`;
    if (this.#loggedCode === undefined) this.#log.debug(message);
    else this.#log.info(message);
    this.#failingSince = undefined;
    this.#loggedCode = undefined;
  }
}

/** Returns a message with sizes and the reason, but nothing of the record's content. */
function describeRefused(table: EntryTable, { entry, failure }: RefusedEntry): string {
  const { data, partitionKey } = table.view(entry);
  const characters = partitionKey === undefined ? randomPartitionKeyCharacters : Array.from(partitionKey).length;
  const key = `a partition key of ${characters} characters`;
  return `A record of ${data.length} bytes with ${key} is dropped, since Kinesis refuses it with ${failure.code}: ${failure.message}`;
}

function describe({ code, message }: Failure, adviceOf: Readonly<Record<string, string>>): string {
  const hint = adviceOf[code];
  return `PutRecords failed with ${code}: ${message}${hint === undefined ? "" : ` (${hint})`}.`;
}
