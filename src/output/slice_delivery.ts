/** Delivers the entries of a slice, all streams concurrently, within the time left for the chunk. */
import type { Delivery, DeliveryDependencies, RefusedEntry, RetryPolicy } from "../delivery/delivery.js";
import type { FailureTimeout } from "../delivery/failure_timeout.js";
import type { RequestPlaces } from "../delivery/request_places.js";
import { maxPatienceMs } from "../delivery/service_pulse.js";
import { StreamPulses } from "../delivery/stream_pulses.js";
import type { TagPlace } from "../delivery/tag_order.js";
import type { OutputTurns } from "../delivery/turns.js";
import type { Entry, EntryTable } from "../pack/entry_table.js";
import type { ShardMap } from "../pack/shard_map.js";
import type { StreamDeliveries } from "./stream_deliveries.js";

/** The time and retry rounds that are left for a flush. */
export interface RetryBudget {
  deadlineMs: number;
  /** Rounds after the first round of each slice; unlimited when undefined. */
  roundsLeft: number | undefined;
  /** Streams that accepted nothing of an earlier slice, and most likely would accept nothing of the next. */
  readonly givenUp: Set<string | undefined>;
}

/** The entries of one stream in a slice. */
export interface StreamEntries {
  /** Undefined for the output's own stream. */
  readonly stream: string | undefined;
  readonly entries: readonly Entry[];
  /** The shard map of the aggregation, so that each entry holds records of one shard; undefined when not aggregated by shard. */
  readonly shardMap: ShardMap | undefined;
}

/** Settings for the delivery of one slice. */
export interface SliceOptions {
  /** Undefined when records have no order. */
  readonly place: TagPlace | undefined;
  /** Whether this is the chunk's last slice. */
  readonly isLast: boolean;
  /** See DeliveryDependencies. */
  readonly takeApart: DeliveryDependencies["takeApart"];
  /** See DeliveryDependencies. */
  readonly taken: DeliveryDependencies["taken"];
  /** See DeliveryDependencies; never called when records choose their streams. */
  readonly waits: DeliveryDependencies["waits"];
}

/** The outcome of a slice, summed over its streams. */
export interface SliceOutcome {
  /** Number of entries that Kinesis accepted. */
  readonly delivered: number;
  /** Entries that Kinesis will never accept. */
  readonly refused: readonly RefusedEntry[];
  /** Entries to retry; those of one stream are in the order of the chunk. */
  readonly remaining: readonly Entry[];
}

/** Dependencies of the deliveries of one output. */
export interface SliceDeliveryDependencies extends Pick<DeliveryDependencies, "now" | "sleep"> {
  readonly policy: Pick<RetryPolicy, "budgetMs" | "maxRounds">;
  readonly streams: StreamDeliveries;
  readonly places: RequestPlaces;
  /** Whether records choose their streams. */
  readonly isKeyed: boolean;
  readonly failureTimeout: FailureTimeout;
  readonly turns: OutputTurns;
}

/** Interval between two checks of the chunks under way. */
const checkIntervalMs = 50;

/** Delivers the slices of all flushes of one output. */
export class SliceDelivery {
  readonly #dependencies: SliceDeliveryDependencies;
  readonly #pulses: StreamPulses;
  /** Functions that end the back-offs under way. */
  readonly #wakers = new Set<() => void>();
  #isDraining = false;
  /** Number of chunks under way. */
  #underWay = 0;
  /** Whether Kinesis accepted nothing of the chunk sent last, while draining. */
  #hasFailedAtEnd = false;

  constructor(dependencies: SliceDeliveryDependencies) {
    this.#dependencies = dependencies;
    this.#pulses = new StreamPulses(() => dependencies.streams.pulses());
  }

  /** Whether {@link end} was called. */
  get hasEnded(): boolean {
    return this.#dependencies.places.isEnded;
  }

  /** Whether Kinesis has been silent for so long that no further response is expected. */
  get isHanging(): boolean {
    return this.#pulses.isHanging;
  }

  /** From now on retries beyond the limits of a flush while Kinesis accepts records: Fluent Bit retries no chunk any more. */
  drain(): void {
    this.#isDraining = true;
  }

  /** Ends all deliveries: starts no further request, and ends all back-offs. */
  end(): void {
    this.#isDraining = false;
    this.#dependencies.places.end();
    for (const wake of this.#wakers) wake();
  }

  /**
   * Returns false when the output drains and Kinesis accepts nothing: after one failed chunk, each chunk behind it would fail
   * just as slowly. Waits while other chunks are under way, since they may still succeed.
   */
  async isWorthSending(): Promise<boolean> {
    while (this.#isDraining && this.#hasFailedAtEnd && this.#pulses.isFruitless) {
      if (this.#underWay === 0) return false;
      await this.#sleep(checkIntervalMs);
    }
    return true;
  }

  /** Calls `send` for one chunk, which counts as under way until the call settles. */
  async sending<Result>(send: () => Promise<Result>): Promise<Result> {
    this.#underWay++;
    try {
      return await send();
    } finally {
      this.#underWay--;
    }
  }

  /** Notes that a chunk was sent. @param isAnyTaken whether Kinesis accepted at least one of its records */
  sent(isAnyTaken: boolean): void {
    this.#hasFailedAtEnd = this.#isDraining && !isAnyTaken;
  }

  /** Returns the full budget of one flush. */
  newBudget(): RetryBudget {
    const { policy, now } = this.#dependencies;
    return { deadlineMs: now() + policy.budgetMs, roundsLeft: policy.maxRounds, givenUp: new Set() };
  }

  /** Resolves to the shards of a stream; undefined when they are unknown or not needed for aggregation. */
  shardMapOf(stream: string | undefined): Promise<ShardMap | undefined> {
    return this.#dependencies.streams.of(stream).shardMap();
  }

  /**
   * Delivers a slice, and charges the time and rounds to the budget. Before the first wait, takes the entries' places in the
   * order of their tag, and with the last slice lets the next chunk of the tag start.
   */
  async deliver(table: EntryTable, groups: readonly StreamEntries[], budget: RetryBudget, options: SliceOptions): Promise<SliceOutcome> {
    const { failureTimeout } = this.#dependencies;
    const sent = groups.filter(({ stream }) => !budget.givenUp.has(stream));
    const delivering = sent.map((group) => this.#deliverGroup(table, group, budget, options));
    if (options.isLast) options.place?.passOn();
    const deliveries = await Promise.all(delivering);
    if (budget.roundsLeft !== undefined) budget.roundsLeft -= Math.max(0, ...deliveries.map(({ retryRounds }) => retryRounds));
    budget.deadlineMs += Math.max(0, ...deliveries.map(({ behindMs }) => behindMs));
    const remaining = groups.filter(({ stream }) => budget.givenUp.has(stream)).flatMap(({ entries }) => entries);
    let delivered = 0;
    const refused: RefusedEntry[] = [];
    for (const [index, delivery] of deliveries.entries()) {
      delivered += delivery.delivered;
      refused.push(...delivery.refused);
      if (delivery.kind === "delivered") continue;
      for (const entry of delivery.remaining) remaining.push(entry);
      if (delivery.delivered === 0) budget.givenUp.add(sent[index]?.stream);
    }
    // A slice whose records Kinesis refused for good is no failure to send.
    const hasFailed = delivered === 0 && deliveries.some(({ kind }) => kind === "remaining");
    if (hasFailed && !this.hasEnded) failureTimeout.failed();
    return { delivered, refused, remaining };
  }

  /**
   * Whether a flush goes on with its next slice. After a slice of which Kinesis accepted nothing, the next would most likely fail too,
   * unless it holds records for other streams.
   */
  goesOn({ delivered, remaining }: SliceOutcome, { deadlineMs }: RetryBudget): boolean {
    const { isKeyed, now } = this.#dependencies;
    if (delivered > 0 || remaining.length === 0) return true;
    return isKeyed && now() < deadlineMs && !this.hasEnded;
  }

  async #deliverGroup(table: EntryTable, group: StreamEntries, budget: RetryBudget, options: SliceOptions): Promise<Delivery> {
    const { place, isLast, takeApart, taken, waits } = options;
    const { streams, isKeyed, now, failureTimeout, turns } = this.#dependencies;
    const { stream, entries, shardMap } = group;
    const streamDelivery = streams.of(stream);
    const leftMs = budget.deadlineMs - now();
    const delivery = await streamDelivery.deliver(table, entries, {
      // Back-offs for one stream must leave time for the records of other streams in later slices.
      budgetMs: isKeyed && !isLast ? leftMs / 2 : leftMs,
      maxRounds: budget.roundsLeft,
      keys: place?.keysOf(stream),
      shardMap,
      isDraining: () => this.#isDraining,
      sleep: (milliseconds) => this.#sleep(milliseconds),
      waits: isKeyed ? undefined : waits,
      takeApart,
      taken,
    });
    if (delivery.delivered > 0) failureTimeout.progressed();
    // Chunks that have waited this long would have failed like this one, had they been sent on arrival.
    if (this.#pulses.isHopeless(streamDelivery.pulse)) turns.refuseAfter(maxPatienceMs);
    return delivery;
  }

  /** Resolves after this time, or when {@link end} is called: a back-off can last as long as retry_timeout. */
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
