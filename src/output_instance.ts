/** One output of Fluent Bit's configuration: its options, its flushes, and its end. */
import { ChunkTally, type TakenCounts } from "./chunk_tally.js";
import type { Config } from "./config.js";
import { heapBytesOf, userRecordsOf, type Entry } from "./entry.js";
import { EventSet } from "./event_set.js";
import type { InstanceEnvironment } from "./environment.js";
import type { Log } from "./log.js";
import type { Metrics } from "./metrics.js";
import { Pipeline, sliceRecordBytes, type PipelineDependencies } from "./pipeline.js";
import { ByteSink } from "./record/byte_sink.js";
import type { SinkPool } from "./record/sink_pool.js";
import { createRecordReport } from "./record_report.js";
import { DeliveredMemory } from "./send/delivered_memory.js";
import { deliver, type Delivery, type DeliveryDependencies, type RetryPolicy } from "./send/delivery.js";
import { DeliveryReport } from "./send/delivery_report.js";
import { FailureTimeout } from "./send/failure_timeout.js";
import type { SendOrder } from "./send/lanes.js";
import { metered } from "./send/metered_client.js";
import type { PutRecordsClient } from "./send/put_records.js";
import { RequestWindow } from "./send/request_window.js";
import { longestPatienceMs, ServicePulse } from "./send/service_pulse.js";
import { ShardMapSource, type ShardLister } from "./send/shard_map_source.js";
import { TagOrder } from "./tag_order.js";
import type { ByteBudget } from "./byte_budget.js";
import type { OutputTurns, Turn, Turns } from "./turns.js";

/** What becomes of a chunk: it is dealt with, or Fluent Bit is to bring it again. */
export type FlushOutcome = "ok" | "retry";

/** A chunk of Fluent Bit's, which it keeps until its flush is answered. */
export interface WaitingChunk {
  readonly bytes: number;
  /** Its content; undefined when nobody waits for the flush any more. */
  readonly open: () => Promise<Uint8Array | undefined> | Uint8Array | undefined;
}

/** What all outputs of the process share. */
export interface SharedMemory {
  readonly turns: Turns;
  /** Bytes of the bodies of requests under way. */
  readonly bodies: ByteBudget;
  readonly sinks: SinkPool;
}

/** The world outside, for an output instance. */
export interface InstanceDependencies extends Omit<PipelineDependencies, "report"> {
  readonly log: Log;
  readonly client: PutRecordsClient & ShardLister;
  readonly metrics: Metrics;
  readonly shared: SharedMemory;
  /** Resolves when `md5` may be called; unset where it always may. */
  readonly md5Ready?: () => Promise<void>;
  /** Tells chunks apart by their content. */
  readonly digest: (chunk: Uint8Array) => string;
  /** Milliseconds that only ever grow. */
  readonly now: () => number;
  /** Resolves after so long. */
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Ends Fluent Bit at once. */
  readonly exitProcess: (status: number) => void;
}

const backoff = { firstBackoffMs: 100, longestBackoffMs: 1000 };

/** What is left of the time and the rounds of a chunk's flush. */
interface Effort {
  readonly deadlineMs: number;
  /** After the first of each slice; without bound when undefined. */
  roundsLeft: number | undefined;
}

/** Between two looks at what is still under way at the end. */
const drainStepMs = 50;

/**
 * About 7,000 chunks, and longer than Fluent Bit's default of 2000 s at most between two retries (Scheduler.Cap).
 */
const memoryLimits = { maxBytes: 4 * 1024 * 1024, maxAgeMs: 60 * 60_000 };

/** Answers the flushes of one output. */
export class OutputInstance {
  readonly #dependencies: InstanceDependencies;
  readonly #config: Config;
  readonly #retryPolicy: RetryPolicy;
  readonly #client: PutRecordsClient;
  readonly #pulse: ServicePulse;
  readonly #tally: ChunkTally;
  readonly #pipeline: Pipeline;
  readonly #report: DeliveryReport;
  readonly #failureTimeout: FailureTimeout;
  readonly #memory: DeliveredMemory;
  readonly #shardMaps: ShardMapSource | undefined;
  readonly #turns: OutputTurns;
  readonly #window: RequestWindow;
  /** Undefined where records have no order. */
  readonly #tags: TagOrder | undefined;
  readonly #underWay = new Set<Promise<FlushOutcome>>();
  /** End the back-offs of chunks under way. */
  readonly #wakers = new Set<() => void>();
  #hasSaidThatItBlocks = false;
  #isDraining = false;
  /** Chunks that have their turn and may be sent. */
  #sending = 0;
  /** Of the chunk that was sent last while the output ends, nothing was taken. */
  #hasFailedAtEnd = false;
  /** The flushes whose chunks Fluent Bit does not bring again; undefined while it does. */
  #last: Set<Promise<FlushOutcome>> | undefined;

  constructor(config: Config, environment: InstanceEnvironment, dependencies: InstanceDependencies) {
    const { log, now, exitProcess, client, metrics, shared } = dependencies;
    this.#dependencies = dependencies;
    this.#config = config;
    this.#pulse = new ServicePulse(now);
    this.#client = metered(client, metrics, now, this.#pulse);
    this.#retryPolicy = {
      ...backoff,
      budgetMs: config.retryTimeoutMs,
      ...(config.concurrency > 0 ? { maxRounds: config.concurrencyRetries } : {}),
      goesOn: () => this.#isDraining && this.#pulse.isTaking,
    };
    const report = createRecordReport(log, config.connection.stream, config.limits.maxRecordBytes, now);
    this.#tally = new ChunkTally(report);
    this.#pipeline = new Pipeline(config, { ...dependencies, report: this.#tally });
    this.#report = new DeliveryReport(log, now);
    this.#memory = new DeliveredMemory(memoryLimits, dependencies);
    // Records of which the key is random all share the key of their aggregate.
    const hasKeys = config.record.partitionKeyPath.length > 0;
    this.#shardMaps = config.aggregation !== undefined && hasKeys ? new ShardMapSource(dependencies) : undefined;
    this.#tags = hasKeys ? new TagOrder() : undefined;
    this.#turns = shared.turns.open(config.concurrency > 0 ? config.concurrency : undefined);
    this.#window = new RequestWindow({
      maxRequests: config.concurrentRequests,
      bodies: shared.bodies,
      limitChanged: (limit) => metrics.concurrency(limit),
    });
    this.#failureTimeout = new FailureTimeout(environment.sendFailureTimeoutMs, now, (timeoutMs) => {
      log.error(`timeout threshold reached: Failed to send logs for ${timeoutMs / 1000}s`);
      log.error("Quitting Fluent Bit");
      exitProcess(1);
    });
  }

  /** Takes a chunk. @param blocks whether a thread of Fluent Bit's stands still until the answer */
  async flush(chunk: WaitingChunk, tag: string, blocks: boolean): Promise<FlushOutcome> {
    const { log, metrics } = this.#dependencies;
    if (blocks && !this.#hasSaidThatItBlocks) {
      this.#hasSaidThatItBlocks = true;
      log.debug("Fluent Bit's thread stands still during this flush, since the plugin cannot yield its coroutine; further ones are not reported");
    }
    const flush = this.#inOrder(chunk, tag);
    this.#underWay.add(flush);
    this.#last?.add(flush);
    try {
      const outcome = await flush;
      if (outcome === "retry") metrics.add("flush_retries_total", 1);
      return outcome;
    } finally {
      this.#underWay.delete(flush);
      metrics.publish();
    }
  }

  /**
   * Goes on with the chunks under way while the service takes records, beyond all limits of a flush: another output of
   * Fluent Bit's has ended, so all do, one after the other, and it brings no chunk again.
   */
  expectEnd(): void {
    this.#isDraining = true;
    this.#last ??= new Set(this.#underWay);
  }

  /**
   * Goes on with the chunks under way while the service takes records, within drain_timeout; then answers the others
   * with retry and closes the connections.
   * @param sinceMs when the first of the outputs that end together did
   * @param isAlive is called several times a second
   */
  async close(sinceMs: number, isAlive: () => void): Promise<void> {
    const { client, log, metrics, now, sleep } = this.#dependencies;
    this.expectEnd();
    const outcomes = Promise.allSettled([...(this.#last ?? this.#underWay)]);
    while (this.#underWay.size > 0 && now() - sinceMs < this.#config.drainTimeoutMs && !this.#pulse.isHanging) {
      isAlive();
      await Promise.race([outcomes, sleep(drainStepMs)]);
    }
    this.#isDraining = false;
    this.#turns.end();
    this.#window.end();
    for (const wake of this.#wakers) wake();
    client.close();
    // Fluent Bit brings no chunk again from now on, so a retry is a loss.
    const undelivered = (await outcomes).filter((flush) => flush.status === "rejected" || flush.value === "retry").length;
    if (undelivered > 0) {
      log.error(`${undelivered} chunks could not be delivered before the end; their records are lost unless Fluent Bit keeps chunks on disk (storage.type filesystem)`);
    }
    metrics.publish();
  }

  async #inOrder(chunk: WaitingChunk, tag: string): Promise<FlushOutcome> {
    const place = this.#tags?.enter(tag);
    try {
      await place?.next;
      return await this.#inTurn(chunk, tag, place?.before);
    } finally {
      place?.leave();
    }
  }

  async #inTurn(waiting: WaitingChunk, tag: string, before: Promise<void> | undefined): Promise<FlushOutcome> {
    if (waiting.bytes === 0) return "ok";
    const turn = await this.#turns.take(this.#expectedBytes(waiting.bytes));
    if (turn === undefined) return "retry";
    try {
      if (!(await this.#isWorthSending())) return "retry";
      this.#sending++;
      try {
        const chunk = await waiting.open();
        return chunk === undefined || this.#window.isEnded ? "retry" : await this.#send(chunk, tag, turn, before);
      } finally {
        this.#sending--;
      }
    } finally {
      turn.give();
    }
  }

  /**
   * Returns false when the output ends and the service takes nothing: a chunk that failed speaks for those behind it, which
   * would each take as long to fail. While others are on their way it is not yet known.
   */
  async #isWorthSending(): Promise<boolean> {
    while (this.#isDraining && this.#hasFailedAtEnd && this.#pulse.isFruitless) {
      if (this.#sending === 0) return false;
      await this.#sleep(drainStepMs);
    }
    return true;
  }

  /** Of a slice's records: JSON takes more than msgpack, and aggregates are written behind what they are made of. */
  #expectedBytes(chunkBytes: number): number {
    const recordBytes = Math.min(chunkBytes + (chunkBytes >>> 2), sliceRecordBytes);
    return this.#config.aggregation === undefined ? recordBytes : 2 * recordBytes;
  }

  /** Encodes and delivers one slice of the chunk after the other. */
  async #send(chunk: Uint8Array, tag: string, turn: Turn, before: Promise<void> | undefined): Promise<FlushOutcome> {
    const { log, metrics, shared, md5Ready } = this.#dependencies;
    if (this.#config.aggregation !== undefined) await md5Ready?.();
    const shardMap = await this.#shardMaps?.current();
    const wanted = this.#memory.take(chunk, tag);
    const slices = this.#pipeline.open(chunk, wanted, shardMap);
    const effort = this.#newEffort();
    const remaining = new EventSet();
    const counts: TakenCounts[] = [];
    const sink = shared.sinks.take(this.#expectedBytes(chunk.length));
    let isDelivered = true;
    let isAnyTaken = false;
    let isRemembered = wanted !== undefined;
    while (!slices.isOver) {
      // What comes again was counted when it came first.
      const isNew = slices.position >= (wanted?.rest ?? 0);
      sink.length = 0;
      const encoded = await turn.encode(() => {
        // Detached: nobody waits for the flush any more.
        if (chunk.length === 0) return undefined;
        return { entries: slices.next(sink), counts: this.#tally.take() };
      });
      if (encoded === undefined) break;
      const { entries } = encoded;
      if (isNew) counts.push(encoded.counts);
      turn.resize(sink.length + heapBytesOf(entries));
      log.debug(`Flushing ${entries.length} entries with tag: ${tag}`);
      if (entries.length === 0) continue;
      await before;
      const delivery = await this.#deliver(entries, effort, shardMap === undefined, (entry) => this.#takeApart(chunk, entry));
      isAnyTaken ||= delivery.delivered > 0;
      isRemembered ||= isAnyTaken || delivery.refused.length > 0;
      if (delivery.kind === "delivered") continue;
      isDelivered = false;
      remaining.add(delivery.remaining);
      // The next slice would most likely fail like this one.
      if (delivery.delivered === 0) break;
    }
    shared.sinks.give(sink);
    if (!slices.isOver) {
      isDelivered = false;
      remaining.addFrom(slices.position);
    }
    this.#hasFailedAtEnd = this.#isDraining && !isDelivered && !isAnyTaken;
    // A chunk of which nothing is remembered comes again as if it were new.
    if (isDelivered || isRemembered) for (const { addTo } of counts) addTo(metrics);
    if (isDelivered) return "ok";
    if (isRemembered) this.#memory.keep(chunk, tag, remaining);
    return "retry";
  }

  #takeApart(chunk: Uint8Array, aggregate: Entry): readonly Entry[] {
    const wanted = new EventSet();
    wanted.add([aggregate]);
    const slices = this.#pipeline.open(chunk, wanted, "alone");
    const sink = new ByteSink();
    const parts: Entry[] = [];
    while (parts.length < userRecordsOf(aggregate) && !slices.isOver) parts.push(...slices.next(sink));
    // They were counted with their aggregate.
    this.#tally.take();
    return parts;
  }

  #newEffort(): Effort {
    const { budgetMs, maxRounds } = this.#retryPolicy;
    return { deadlineMs: this.#dependencies.now() + budgetMs, roundsLeft: maxRounds };
  }

  async #deliver(
    entries: readonly Entry[],
    effort: Effort,
    isWithoutShards: boolean,
    takeApart: DeliveryDependencies["takeApart"],
  ): Promise<Delivery> {
    const { metrics, now, random } = this.#dependencies;
    const policy = { ...this.#retryPolicy, budgetMs: effort.deadlineMs - now(), maxRounds: effort.roundsLeft };
    const delivery = await deliver(entries, policy, {
      client: this.#client,
      maxRequestBytes: this.#config.limits.maxRequestBytes,
      window: this.#window,
      order: this.#orderOf(isWithoutShards),
      now,
      random,
      sleep: (milliseconds) => this.#sleep(milliseconds),
      takeApart,
    });
    if (effort.roundsLeft !== undefined) effort.roundsLeft -= delivery.retryRounds;
    metrics.add("retry_rounds_total", delivery.retryRounds);
    metrics.add("dropped_records_total:refused", delivery.refused.reduce((sum, { entry }) => sum + userRecordsOf(entry), 0));
    if (delivery.delivered > 0) this.#failureTimeout.progressed();
    if (delivery.strayed > 0) this.#shardMaps?.invalidate();
    this.#report.report(delivery, this.#window.isEnded);
    // A chunk of which Kinesis refused all records is done with.
    const hasFailed = delivery.kind === "remaining" && delivery.delivered === 0;
    if (hasFailed && !this.#window.isEnded) this.#failureTimeout.failed();
    // Chunks that wait would have failed beside this one, had they been sent when they came.
    if (this.#pulse.isHopeless) this.#turns.refuseAfter(longestPatienceMs);
    return delivery;
  }

  /** Resolves after this time, or at the end of the output: a back-off can take as long as retry_timeout. */
  #sleep(milliseconds: number): Promise<void> {
    if (this.#window.isEnded) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        this.#wakers.delete(wake);
        resolve();
      };
      this.#wakers.add(wake);
      void this.#dependencies.sleep(milliseconds).then(wake);
    });
  }

  #orderOf(isWithoutShards: boolean): SendOrder {
    if (this.#tags === undefined) return "none";
    return this.#config.aggregation !== undefined && isWithoutShards ? "one after another" : "by key";
  }
}
