/** Delivers the entries of a slice, those of each stream beside the others, within what is left of its chunk's time. */
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

/** What is left of the time and the rounds of a chunk's flush. */
export interface Effort {
  deadlineMs: number;
  /** After the first of each slice; without bound when undefined. */
  roundsLeft: number | undefined;
  /** Streams that took nothing of an earlier slice, and would most likely take nothing of the next one. */
  readonly givenUp: Set<string | undefined>;
}

/** The entries of one stream in a slice. */
export interface StreamEntries {
  /** Undefined for the output's own. */
  readonly stream: string | undefined;
  readonly entries: readonly Entry[];
  /** By which they were aggregated, so that each holds the records of one shard; undefined without it. */
  readonly shardMap: ShardMap | undefined;
}

/** How the entries of a slice are to be delivered. */
export interface SliceOrder {
  /** Undefined where records have no order. */
  readonly place: TagPlace | undefined;
  /** Whether the chunk has no further slice. */
  readonly isLast: boolean;
  /** See DeliveryDependencies. */
  readonly takeApart: DeliveryDependencies["takeApart"];
  /** See DeliveryDependencies. */
  readonly taken: DeliveryDependencies["taken"];
  /** See DeliveryDependencies; called only where no other stream has entries in the slice. */
  readonly waits: DeliveryDependencies["waits"];
}

/** The outcome of a slice, of all its streams together. */
export interface SliceOutcome {
  /** Entries that the service took. */
  readonly delivered: number;
  /** Entries that the service will never take. */
  readonly refused: readonly RefusedEntry[];
  /** Entries that are to be sent again, of each stream in the order of the chunk. */
  readonly remaining: readonly Entry[];
}

/** The limits of one output, and whom a delivery concerns. */
export interface SliceDeliveryDependencies extends Pick<DeliveryDependencies, "now" | "sleep"> {
  readonly policy: Pick<RetryPolicy, "budgetMs" | "maxRounds">;
  readonly streams: StreamDeliveries;
  readonly places: RequestPlaces;
  /** Whether records choose their streams. */
  readonly isKeyed: boolean;
  readonly failureTimeout: FailureTimeout;
  readonly turns: OutputTurns;
}

/** Between two looks at the chunks under way. */
const stepMs = 50;

/** The deliveries of one output. */
export class SliceDelivery {
  readonly #dependencies: SliceDeliveryDependencies;
  readonly #pulses: StreamPulses;
  /** End the back-offs under way. */
  readonly #wakers = new Set<() => void>();
  #isDraining = false;
  /** Chunks that are being sent. */
  #underWay = 0;
  /** Of the chunk that was sent last while the output ends, nothing was taken. */
  #hasFailedAtEnd = false;

  constructor(dependencies: SliceDeliveryDependencies) {
    this.#dependencies = dependencies;
    this.#pulses = new StreamPulses(() => dependencies.streams.pulses());
  }

  /** Whether {@link end} was called. */
  get hasEnded(): boolean {
    return this.#dependencies.places.isEnded;
  }

  /** Whether the service has not answered for so long that nothing more is to be expected. */
  get isHanging(): boolean {
    return this.#pulses.isHanging;
  }

  /** Retries beyond the limits of a flush from now on, as long as the service takes records: no chunk comes again. */
  drain(): void {
    this.#isDraining = true;
  }

  /** Ends all deliveries: starts no request any more, and waits for nothing. */
  end(): void {
    this.#isDraining = false;
    this.#dependencies.places.end();
    for (const wake of this.#wakers) wake();
  }

  /**
   * Returns false when the output ends and the service takes nothing: a chunk that failed speaks for those behind it, which
   * would each take as long to fail. While others are under way it is not yet known.
   */
  async isWorthSending(): Promise<boolean> {
    while (this.#isDraining && this.#hasFailedAtEnd && this.#pulses.isFruitless) {
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
    return { deadlineMs: now() + policy.budgetMs, roundsLeft: policy.maxRounds, givenUp: new Set() };
  }

  /** Resolves to the shards of a stream; undefined where they cannot be had, or nothing is aggregated by them. */
  shardMapOf(stream: string | undefined): Promise<ShardMap | undefined> {
    return this.#dependencies.streams.of(stream).shardMap();
  }

  /**
   * Delivers a slice, at the cost of the effort of its flush. The entries have their places in the order of their tag, and the
   * next chunk of the tag may go beside this one, before anything is waited for.
   */
  async deliver(table: EntryTable, groups: readonly StreamEntries[], effort: Effort, order: SliceOrder): Promise<SliceOutcome> {
    const { failureTimeout } = this.#dependencies;
    const sent = groups.filter(({ stream }) => !effort.givenUp.has(stream));
    const delivering = sent.map((group) => this.#deliverGroup(table, group, effort, order));
    if (order.isLast) order.place?.passOn();
    const deliveries = await Promise.all(delivering);
    if (effort.roundsLeft !== undefined) effort.roundsLeft -= Math.max(0, ...deliveries.map(({ retryRounds }) => retryRounds));
    effort.deadlineMs += Math.max(0, ...deliveries.map(({ behindMs }) => behindMs));
    const remaining = groups.filter(({ stream }) => effort.givenUp.has(stream)).flatMap(({ entries }) => entries);
    let delivered = 0;
    const refused: RefusedEntry[] = [];
    for (const [index, delivery] of deliveries.entries()) {
      delivered += delivery.delivered;
      refused.push(...delivery.refused);
      if (delivery.kind === "delivered") continue;
      for (const entry of delivery.remaining) remaining.push(entry);
      if (delivery.delivered === 0) effort.givenUp.add(sent[index]?.stream);
    }
    const hasFailed = delivered === 0 && deliveries.some(({ kind }) => kind === "remaining");
    // A chunk of which Kinesis refused all records is done with.
    if (hasFailed && !this.hasEnded) failureTimeout.failed();
    return { delivered, refused, remaining };
  }

  /** Whether a flush goes on with its next slice. A stream that takes nothing does not speak for others, as long as there is time. */
  goesOn({ delivered, remaining }: SliceOutcome, { deadlineMs }: Effort): boolean {
    const { isKeyed, now } = this.#dependencies;
    if (delivered > 0 || remaining.length === 0) return true;
    return isKeyed && now() < deadlineMs && !this.hasEnded;
  }

  async #deliverGroup(table: EntryTable, group: StreamEntries, effort: Effort, { place, isLast, takeApart, taken, waits }: SliceOrder): Promise<Delivery> {
    const { streams, isKeyed, now, failureTimeout, turns } = this.#dependencies;
    const { stream, entries, shardMap } = group;
    const target = streams.of(stream);
    const leftMs = effort.deadlineMs - now();
    const delivery = await target.deliver(table, entries, {
      // Back-offs for one stream leave some time for the records of others in the slices behind.
      budgetMs: isKeyed && !isLast ? leftMs / 2 : leftMs,
      maxRounds: effort.roundsLeft,
      keys: place?.keysOf(stream),
      shardMap,
      isDraining: () => this.#isDraining,
      sleep: (milliseconds) => this.#sleep(milliseconds),
      waits: isKeyed ? undefined : waits,
      takeApart,
      taken,
    });
    if (delivery.delivered > 0) failureTimeout.progressed();
    // Chunks that wait would have failed beside this one, had they been sent when they came.
    if (this.#pulses.isHopeless(target.pulse)) turns.refuseAfter(maxPatienceMs);
    return delivery;
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
