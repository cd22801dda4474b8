/** Delivers the entries of a slice within what is left of its chunk's time, and reports the outcome to log, metrics and limits. */
import { deliver, type Delivery, type DeliveryDependencies, type RetryPolicy } from "../delivery/delivery.js";
import type { DeliveryReport } from "../delivery/delivery_report.js";
import type { FailureTimeout } from "../delivery/failure_timeout.js";
import type { KeyOrder } from "../delivery/key_order.js";
import type { SendOrder } from "../delivery/lanes.js";
import type { PutRecordsClient } from "../delivery/put_records.js";
import type { RequestWindow } from "../delivery/request_window.js";
import { longestPatienceMs, type ServicePulse } from "../delivery/service_pulse.js";
import type { ShardList } from "../delivery/shard_list.js";
import type { OutputTurns } from "../delivery/turns.js";
import { userRecordsOf, type Entry } from "../pack/entry.js";
import type { Metrics } from "../telemetry/metrics.js";

/** What is left of the time and the rounds of a chunk's flush. */
export interface Effort {
  readonly deadlineMs: number;
  /** After the first of each slice; without bound when undefined. */
  roundsLeft: number | undefined;
}

/** The limits of one output, and whom a delivery concerns. */
export interface SliceDeliveryDependencies extends Pick<DeliveryDependencies, "now" | "random" | "sleep"> {
  readonly policy: Pick<RetryPolicy, "budgetMs" | "maxRounds">;
  readonly client: PutRecordsClient;
  readonly window: RequestWindow;
  readonly maxRequestBytes: number;
  /** Returns the order that entries keep. @param isByShard whether their shards are known */
  readonly orderOf: (isByShard: boolean) => SendOrder;
  readonly pulse: ServicePulse;
  readonly report: DeliveryReport;
  readonly failureTimeout: FailureTimeout;
  readonly shards: ShardList | undefined;
  readonly turns: OutputTurns;
  readonly metrics: Metrics;
}

/** Between two looks at the chunks under way. */
const stepMs = 50;

const backoff = { firstBackoffMs: 100, longestBackoffMs: 1000 };

/** The deliveries of one output. */
export class SliceDelivery {
  readonly #dependencies: SliceDeliveryDependencies;
  /** End the back-offs under way. */
  readonly #wakers = new Set<() => void>();
  #isDraining = false;
  /** Chunks that are being sent. */
  #underWay = 0;
  /** Of the chunk that was sent last while the output ends, nothing was taken. */
  #hasFailedAtEnd = false;

  constructor(dependencies: SliceDeliveryDependencies) {
    this.#dependencies = dependencies;
  }

  /** Whether {@link end} was called. */
  get hasEnded(): boolean {
    return this.#dependencies.window.isEnded;
  }

  /** Whether the service has not answered for so long that nothing more is to be expected. */
  get isHanging(): boolean {
    return this.#dependencies.pulse.isHanging;
  }

  /** Retries beyond the limits of a flush from now on, as long as the service takes records: no chunk comes again. */
  drain(): void {
    this.#isDraining = true;
  }

  /** Ends all deliveries: starts no request any more, and waits for nothing. */
  end(): void {
    this.#isDraining = false;
    this.#dependencies.window.end();
    for (const wake of this.#wakers) wake();
  }

  /**
   * Returns false when the output ends and the service takes nothing: a chunk that failed speaks for those behind it, which
   * would each take as long to fail. While others are under way it is not yet known.
   */
  async isWorthSending(): Promise<boolean> {
    while (this.#isDraining && this.#hasFailedAtEnd && this.#dependencies.pulse.isFruitless) {
      if (this.#underWay === 0) return false;
      await this.#sleep(stepMs);
    }
    return true;
  }

  /** Returns the result of sending one chunk, which counts as under way meanwhile. */
  async sending<Result>(send: () => Promise<Result>): Promise<Result> {
    this.#underWay++;
    try {
      return await send();
    } finally {
      this.#underWay--;
    }
  }

  /** A chunk was sent. @param isAnyTaken whether the service took at least one of its records */
  sent(isAnyTaken: boolean): void {
    this.#hasFailedAtEnd = this.#isDraining && !isAnyTaken;
  }

  /** Returns the whole effort of one flush. */
  newEffort(): Effort {
    const { policy, now } = this.#dependencies;
    return { deadlineMs: now() + policy.budgetMs, roundsLeft: policy.maxRounds };
  }

  /**
   * Delivers entries, at the cost of the effort of their flush.
   * @param isByShard whether each aggregate holds the records of one shard
   * @param keys orders the keys of chunks side by side
   * @param then takeApart and taken, see DeliveryDependencies
   */
  async deliver(
    entries: readonly Entry[],
    effort: Effort,
    isByShard: boolean,
    keys: KeyOrder | undefined,
    then: Pick<DeliveryDependencies, "takeApart" | "taken">,
  ): Promise<Delivery> {
    const { client, window, maxRequestBytes, orderOf, pulse, now, random } = this.#dependencies;
    const policy = {
      ...backoff,
      budgetMs: effort.deadlineMs - now(),
      maxRounds: effort.roundsLeft,
      goesOn: () => this.#isDraining && pulse.isTaking,
    };
    const sleep = (milliseconds: number) => this.#sleep(milliseconds);
    const dependencies = { client, window, maxRequestBytes, order: orderOf(isByShard), keys, now, random, sleep, ...then };
    const delivery = await deliver(entries, policy, dependencies);
    if (effort.roundsLeft !== undefined) effort.roundsLeft -= delivery.retryRounds;
    this.#tell(delivery);
    return delivery;
  }

  #tell(delivery: Delivery): void {
    const { metrics, failureTimeout, shards, report, pulse, turns } = this.#dependencies;
    metrics.add("retry_rounds_total", delivery.retryRounds);
    metrics.add("dropped_records_total:refused", delivery.refused.reduce((sum, { entry }) => sum + userRecordsOf(entry), 0));
    if (delivery.delivered > 0) failureTimeout.progressed();
    if (delivery.strayed > 0) shards?.invalidate();
    report.report(delivery, this.hasEnded);
    // A chunk of which Kinesis refused all records is done with.
    const hasFailed = delivery.kind === "remaining" && delivery.delivered === 0;
    if (hasFailed && !this.hasEnded) failureTimeout.failed();
    // Chunks that wait would have failed beside this one, had they been sent when they came.
    if (pulse.isHopeless) turns.refuseAfter(longestPatienceMs);
  }

  /** Resolves after this time, or at the end of the output: a back-off can take as long as retry_timeout. */
  #sleep(milliseconds: number): Promise<void> {
    if (this.hasEnded) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        this.#wakers.delete(wake);
        resolve();
      };
      this.#wakers.add(wake);
      void this.#dependencies.sleep(milliseconds).then(wake);
    });
  }
}
