/** Opens an output: makes its stages by its options, and connects them. */
import type { ByteBudget } from "../bytes/byte_budget.js";
import type { SinkPool } from "../bytes/sink_pool.js";
import { DeliveryReport } from "../delivery/delivery_report.js";
import { FailureTimeout } from "../delivery/failure_timeout.js";
import { metered } from "../delivery/metered_client.js";
import { PartialDeliveries, type DeliveryKeeper } from "../delivery/partial_deliveries.js";
import type { PutRecordsClient } from "../delivery/kinesis_client.js";
import { RequestPlaces } from "../delivery/request_places.js";
import { RequestWindow } from "../delivery/request_window.js";
import { ServicePulse } from "../delivery/service_pulse.js";
import { ShardList, type ShardLister } from "../delivery/shard_list.js";
import { ShardThrottle } from "../delivery/shard_throttle.js";
import { TagOrder } from "../delivery/tag_order.js";
import type { Turns } from "../delivery/turns.js";
import type { Config } from "../options/config.js";
import type { InstanceEnvironment } from "../options/environment.js";
import { Pipeline, type PipelineDependencies } from "../pack/slices.js";
import type { Log } from "../telemetry/log.js";
import type { Metrics } from "../telemetry/metrics.js";
import { ChunkTally } from "./chunk_tally.js";
import { DeadLetters, type LineTarget } from "./dead_letters.js";
import { flush } from "./flush.js";
import { Output, type OutputFile } from "./output.js";
import { quitter } from "./quitter.js";
import { createRecordReport } from "./record_report.js";
import { SliceDelivery } from "./slice_delivery.js";
import { StreamDeliveries } from "./stream_deliveries.js";
import { StreamDelivery } from "./stream_delivery.js";
import { StreamLogs } from "./stream_logs.js";

/** What all outputs of the process share. */
export interface SharedMemory {
  readonly turns: Turns;
  /** Bytes of the bodies of requests under way. */
  readonly bodies: ByteBudget;
  readonly sinks: SinkPool;
}

/** The world outside, for an output. */
export interface OutputDependencies extends Omit<PipelineDependencies, "report"> {
  readonly log: Log;
  readonly client: PutRecordsClient & ShardLister;
  readonly metrics: Metrics;
  /** Returns the metrics of a stream that records choose. */
  readonly metricsOf: (stream: string) => Metrics;
  readonly shared: SharedMemory;
  /** Resolves when `md5` may be called; unset where it always may. */
  readonly md5Ready?: () => Promise<void>;
  /** Tells chunks apart by their content. */
  readonly digest: (chunk: Uint8Array) => string;
  /** Returns milliseconds that never decrease. */
  readonly now: () => number;
  /** Resolves after this time. */
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Ends Fluent Bit at once. */
  readonly exitProcess: (status: number) => void;
  /** Returns milliseconds since the epoch. */
  readonly epochNow: () => number;
  /** Takes the records that are dropped; unset where they are not kept. */
  readonly deadLetterFile?: (LineTarget & OutputFile) | undefined;
  /** Keeps what is delivered of chunks; unset where that is forgotten at the end. */
  readonly stateFile?: (DeliveryKeeper & OutputFile) | undefined;
}

/**
 * About 7,000 chunks, and longer than Fluent Bit's default of 2000 s at most between two retries (Scheduler.Cap).
 */
const partialDeliveryLimits = { maxBytes: 4 * 1024 * 1024, maxAgeMs: 60 * 60_000 };
/** Over a weekend in which Fluent Bit does not run. */
const longestKeptMs = 7 * 24 * 60 * 60_000;

/** Returns an output that is ready for its first flush. */
export function openOutput(config: Config, environment: InstanceEnvironment, dependencies: OutputDependencies): Output {
  const { log, now, sleep, client, metrics, shared, epochNow, deadLetterFile, stateFile } = dependencies;
  const isAggregated = config.aggregation !== undefined;
  const isKeyed = config.record.streamKey !== undefined;
  // Records of which the key is random all share the key of their aggregate.
  const hasKeys = config.record.partitionKey !== undefined;
  const turns = shared.turns.open(config.concurrency > 0 ? config.concurrency : undefined);
  const { stream } = config.connection;
  const deadLetters = deadLetterFile && new DeadLetters({ file: deadLetterFile, stream, epochNow, now, metrics, log });
  const tally = new ChunkTally(createRecordReport(log, stream, config.limits.maxRecordBytes, now), deadLetters);
  const places = new RequestPlaces(config.concurrentRequests);
  const streams = new StreamDeliveries(streamOpener(config, places, dependencies));
  // Records may choose others only: then it has no pulse.
  if (isKeyed) metrics.concurrency(config.concurrentRequests);
  else streams.of(undefined);
  const delivery = new SliceDelivery({
    policy: { budgetMs: config.retryTimeoutMs, maxRounds: config.concurrency > 0 ? config.concurrencyRetries : undefined },
    failureTimeout: new FailureTimeout(environment.sendFailureTimeoutMs, now, quitter(dependencies)),
    ...{ streams, places, isKeyed, turns, now, sleep },
  });
  const memoryLimits = stateFile === undefined ? partialDeliveryLimits : { ...partialDeliveryLimits, maxAgeMs: longestKeptMs };
  const partialDeliveries = new PartialDeliveries(memoryLimits, dependencies, stateFile);
  const stages = {
    tags: hasKeys ? new TagOrder() : undefined,
    pipeline: new Pipeline(config, { ...dependencies, report: tally }),
    sinks: shared.sinks,
    copiesRecords: isAggregated || (config.simpleAggregation && (hasKeys || config.compression !== undefined)),
    checksumReady: dependencies.md5Ready ?? (() => Promise.resolve()),
    ...{ turns, partialDeliveries, tally, delivery, deadLetters, isAggregated, isKeyed, metrics, log },
  };
  return new Output({
    flush: (chunk, tag) => flush(chunk, tag, stages),
    drainTimeoutMs: config.drainTimeoutMs,
    closeClient: () => client.close(),
    endExpected: () => partialDeliveries.expectEnd(),
    files: [deadLetterFile, stateFile].filter((file) => file !== undefined),
    ...{ delivery, turns, metrics, log, now, sleep },
  });
}

/** Returns a function that makes the delivery of a stream, undefined for the output's own. */
function streamOpener(config: Config, places: RequestPlaces, dependencies: OutputDependencies): (stream: string | undefined) => StreamDelivery {
  const { log, now, random, client, shared } = dependencies;
  const isAggregated = config.aggregation !== undefined;
  const hasKeys = config.record.partitionKey !== undefined;
  const isOneOfMany = config.record.streamKey !== undefined;
  const logs = new StreamLogs(log, now);
  return (stream) => {
    const metrics = stream === undefined ? dependencies.metrics : dependencies.metricsOf(stream);
    const ownLog = isOneOfMany ? logs.of(stream ?? config.connection.stream) : log;
    const pulse = new ServicePulse(now);
    const use = isAggregated ? "aggregation" : "throttling";
    const shards = hasKeys ? new ShardList({ ...dependencies, log: ownLog, stream, use }) : undefined;
    const throttle = shards && throttleOf(shards, dependencies);
    return new StreamDelivery({
      client: metered(client, metrics, now, pulse, stream),
      window: new RequestWindow({
        maxRequests: config.concurrentRequests,
        bodies: shared.bodies,
        throttledByShard: (...answered) => throttle?.learn(...answered) === true,
        limitChanged: (limit) => metrics.concurrency(limit),
        places,
      }),
      throttle,
      maxRequestBytes: config.limits.maxRequestBytes,
      shards: isAggregated ? shards : undefined,
      orderOf: (isByShard) => {
        if (!hasKeys) return "none";
        if (!isAggregated) return "by key";
        return isByShard ? "by shard" : "one after another";
      },
      report: new DeliveryReport(ownLog, now, stream !== undefined),
      ...{ pulse, metrics, isOneOfMany, now, random },
    });
  };
}

/** Returns the throttle of a stream, which asks for the list of its shards when one of them throttles. */
function throttleOf(shards: ShardList, { md5, md5Ready, now }: OutputDependencies): ShardThrottle {
  const encoder = new TextEncoder();
  return new ShardThrottle({
    shardMap: () => shards.latest,
    renewShardMap: () => {
      shards.invalidate();
      // Nobody waits for the list. Without MD5 there is no use for it.
      void Promise.resolve(md5Ready?.()).then(() => shards.current(), () => undefined);
    },
    md5: (key) => md5(encoder.encode(key)),
    now,
  });
}
