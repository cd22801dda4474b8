/** Tells the user how sending goes: one message for each change, not one for each chunk. */
import { userRecordsOf } from "../pack/entry.js";
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

/** Follows the deliveries of one output instance. */
export class DeliveryReport {
  readonly #log: Log;
  readonly #now: () => number;
  readonly #refused: RepeatedMessage;
  #failingSince: number | undefined;
  #failingCode: string | undefined;

  /** @param now milliseconds that only ever grow */
  constructor(log: Log, now: () => number) {
    this.#log = log;
    this.#now = now;
    this.#refused = new RepeatedMessage((message) => log.error(message), now);
  }

  /**
   * Takes the outcome of a chunk.
   * @param isCutOff whether the output has ended: what remains then is no failure of the service
   */
  report(delivery: Delivery, isCutOff = false): void {
    for (const refused of delivery.refused) {
      this.#refused.report(describeRefused(refused), userRecordsOf(refused.entry));
    }
    if (delivery.kind === "delivered") return this.#recovered(delivery.deliveredRecords);
    if (isCutOff) return;
    const { failure, deliveredRecords } = delivery;
    const remaining = delivery.remaining.reduce((sum, entry) => sum + userRecordsOf(entry), 0);
    const message = `${remaining}/${remaining + deliveredRecords} records failed to be delivered. Will retry. ${describe(failure)}`;
    if (failure.code === this.#failingCode) return this.#log.debug(message);
    this.#failingSince ??= this.#now();
    this.#failingCode = failure.code;
    this.#log.error(`${message} Further failures of this kind are only written at log level debug.`);
  }

  #recovered(delivered: number): void {
    this.#log.debug(`Sent ${delivered} records to Kinesis`);
    if (this.#failingSince === undefined || delivered === 0) return;
    const seconds = Math.round((this.#now() - this.#failingSince) / 1000);
    this.#log.info(`Records are delivered again, after ${seconds} s of failures`);
    this.#failingSince = undefined;
    this.#failingCode = undefined;
  }
}

/** Sizes and the reason; never what is in the record. */
function describeRefused({ entry, failure }: RefusedEntry): string {
  const { start, end, partitionKey } = entry;
  const characters = partitionKey === undefined ? randomPartitionKeyCharacters : Array.from(partitionKey).length;
  const key = `a partition key of ${characters} characters`;
  return `A record of ${end - start} bytes with ${key} is dropped, since Kinesis refuses it with ${failure.code}: ${failure.message}`;
}

function describe({ code, message }: Failure): string {
  const whatToDo = advice[code];
  return `PutRecords failed with ${code}: ${message}${whatToDo === undefined ? "" : ` (${whatToDo})`}.`;
}
