/** One output of Fluent Bit's configuration: its options, its pipeline, and how it sends. */
import type { Config } from "./config.js";
import type { InstanceEnvironment } from "./environment.js";
import type { Log } from "./log.js";
import { Pipeline, type PipelineDependencies } from "./pipeline.js";
import { createRecordReport } from "./record_report.js";
import { BackgroundSender } from "./send/background_sender.js";
import { deliver, flushRetryPolicy, type Delivery, type RetryPolicy } from "./send/delivery.js";
import { DeliveryReport } from "./send/delivery_report.js";
import type { Entry } from "./entry.js";
import { FailureTimeout } from "./send/failure_timeout.js";
import type { PutRecordsClient } from "./send/put_records.js";

/** What becomes of a chunk: it is dealt with, or Fluent Bit is to bring it again. */
export type FlushOutcome = "ok" | "retry";

/** The world outside, for an output instance. */
export interface InstanceDependencies extends Omit<PipelineDependencies, "report"> {
  readonly log: Log;
  readonly client: PutRecordsClient;
  /** Milliseconds that only ever grow. */
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly exitProcess: (status: number) => void;
}

/** One attempt without waiting: the background sender's own back-off comes between. */
const singleAttempt: RetryPolicy = { budgetMs: 0, firstBackoffMs: 0, longestBackoffMs: 0 };

/** Within the 5 s that Fluent Bit grants at shutdown. */
const drainTimeoutMs = 4000;

/** Answers the flushes of one output. */
export class OutputInstance {
  readonly #dependencies: InstanceDependencies;
  readonly #maxRequestBytes: number;
  readonly #pipeline: Pipeline;
  readonly #report: DeliveryReport;
  readonly #failureTimeout: FailureTimeout;
  readonly #background: BackgroundSender | undefined;

  constructor(config: Config, environment: InstanceEnvironment, dependencies: InstanceDependencies) {
    const { log, now, sleep, exitProcess } = dependencies;
    this.#dependencies = dependencies;
    this.#maxRequestBytes = config.limits.maxRequestBytes;
    const report = createRecordReport(log, config.connection.stream, now);
    this.#pipeline = new Pipeline(config, { ...dependencies, report });
    this.#report = new DeliveryReport(log, now);
    this.#failureTimeout = new FailureTimeout(environment.sendFailureTimeoutMs, now, (timeoutMs) => {
      log.error(`timeout threshold reached: Failed to send logs for ${timeoutMs / 1000}s`);
      log.error("Quitting Fluent Bit");
      exitProcess(1);
    });
    if (config.concurrency > 0) {
      this.#background = new BackgroundSender(
        { concurrency: config.concurrency, retries: config.concurrencyRetries },
        {
          sleep,
          attempt: (entries) => this.#deliver(entries, singleAttempt),
          dropped: (records) =>
            log.error(`Failed to send (${records}) records after retries ${config.concurrencyRetries}; they are lost`),
        },
      );
    }
  }

  /** Takes a chunk, which is only read before the first wait. */
  async flush(chunk: Uint8Array, tag: string): Promise<FlushOutcome> {
    const { log } = this.#dependencies;
    const refusal = this.#background?.refusal;
    if (refusal !== undefined) {
      log.info(refusal);
      return "retry";
    }
    const entries = this.#pipeline.entriesOf(chunk);
    log.debug(`Flushing ${entries.length} entries with tag: ${tag}`);
    if (entries.length === 0) return "ok";
    if (this.#background !== undefined) {
      this.#background.take(entries);
      return "ok";
    }
    const delivery = await this.#deliver(entries, flushRetryPolicy);
    return delivery.kind === "delivered" ? "ok" : "retry";
  }

  /** Waits a while for what is sent in the background, and closes the connections. */
  async close(): Promise<void> {
    const { client, log } = this.#dependencies;
    const left = (await this.#background?.drain(drainTimeoutMs)) ?? 0;
    if (left > 0) log.error(`${left} chunks could not be sent before the end; their records are lost`);
    client.close();
  }

  async #deliver(entries: readonly Entry[], policy: RetryPolicy): Promise<Delivery> {
    const delivery = await deliver(entries, policy, { ...this.#dependencies, maxRequestBytes: this.#maxRequestBytes });
    if (delivery.delivered > 0) this.#failureTimeout.progressed();
    this.#report.report(delivery);
    if (delivery.delivered === 0) this.#failureTimeout.failed();
    return delivery;
  }
}
