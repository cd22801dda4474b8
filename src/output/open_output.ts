/** Opens an output: creates its stages from the options and connects them. */
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
import { DeadLetters, type LineTarget } from "./dead_letters.js";
import { flush } from "./flush.js";
import { Output, type OutputFile } from "./output.js";
import { quitter } from "./quitter.js";
import { RecordCounter } from "./record_counter.js";
import { createRecordMessages } from "./record_messages.js";
import { SliceDelivery } from "./slice_delivery.js";
import { StreamDeliveries } from "./stream_deliveries.js";
import { StreamDelivery } from "./stream_delivery.js";
import { StreamLogs } from "./stream_logs.js";

/** Memory that all outputs of the process share. */
export interface SharedMemory {
  readonly turns: Turns;
  /** Budget for the bodies of requests in flight. */
  readonly bodies: ByteBudget;
  readonly sinks: SinkPool;
}

/** Dependencies of an output. */
export interface OutputDependencies extends Omit<PipelineDependencies, "report"> {
  readonly log: Log;
  readonly client: PutRecordsClient & ShardLister;
  readonly metrics: Metrics;
  /** Returns the metrics of a stream chosen by records. */
  readonly metricsOf: (stream: string) => Metrics;
  readonly shared: SharedMemory;
  /** Resolves when `md5` may be called; unset when always callable. */
  readonly md5Ready?: () => Promise<void>;
  /** Returns a digest that identifies a chunk by its content. */
  readonly digest: (chunk: Uint8Array) => string;
  /** Returns milliseconds that never decrease. */
  readonly now: () => number;
  /** Resolves after this time. */
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Ends Fluent Bit immediately. */
  readonly exitProcess: (status: number) => void;
  /** Returns milliseconds since the epoch. */
  readonly epochNow: () => number;
  /** Receives dropped records; unset when they are not kept. */
  readonly deadLetterFile?: (LineTarget & OutputFile) | undefined;
  /** Stores partial deliveries across restarts; unset when they are forgotten at exit. */
  readonly stateFile?: (DeliveryKeeper & OutputFile) | undefined;
}

/** Memory for about 7,000 chunks. The age exceeds Fluent Bit's longest default wait between two retries, 2000 s (Scheduler.Cap). */
const partialDeliveryLimits = { maxBytes: 4 * 1024 * 1024, maxAgeMs: 60 * 60_000 };
/** Maximum age with a state file, 7 days: Fluent Bit may be down over a weekend. */
const maxAgeWithStateFileMs = 7 * 24 * 60 * 60_000;

/** Returns an output ready for its first flush. */
export function openOutput(config: Config, environment: InstanceEnvironment, dependencies: OutputDependencies): Output {
  const { log, now, sleep, client, metrics, shared, epochNow, deadLetterFile, stateFile } = dependencies;
  const isAggregated = config.aggregation !== undefined;
  const isKeyed = config.record.streamKey !== undefined;
  // Without partition_key, keys are random, and all records of an aggregate share its key: order does not matter.
  const hasKeys = config.record.partitionKey !== undefined;
  const turns = shared.turns.open(config.concurrency > 0 ? config.concurrency : undefined);
  const { stream } = config.connection;
  const deadLetters = deadLetterFile && new DeadLetters({ file: deadLetterFile, stream, epochNow, now, metrics, log });
  const recordCounter = new RecordCounter(createRecordMessages(log, stream, config.limits.maxRecordBytes, now), deadLetters);
  const places = new RequestPlaces(config.concurrentRequests);
  const streams = new StreamDeliveries(streamOpener(config, places, dependencies));
  // With stream_key, records may never use the output's own stream, and an unused stream must have no pulse.
  if (isKeyed) metrics.concurrency(config.concurrentRequests);
  else streams.of(undefined);
  const delivery = new SliceDelivery({
    policy: { budgetMs: config.retryTimeoutMs, maxRounds: config.concurrency > 0 ? config.concurrencyRetries : undefined },
    failureTimeout: new FailureTimeout(environment.sendFailureTimeoutMs, now, quitter(dependencies)),
    ...{ streams, places, isKeyed, turns, now, sleep },
  });
  const memoryLimits = stateFile === undefined ? partialDeliveryLimits : { ...partialDeliveryLimits, maxAgeMs: maxAgeWithStateFileMs };
  const partialDeliveries = new PartialDeliveries(memoryLimits, dependencies, stateFile);
  const stages = {
    tags: hasKeys ? new TagOrder() : undefined,
    pipeline: new Pipeline(config, { ...dependencies, report: recordCounter }),
    sinks: shared.sinks,
    copiesRecords: isAggregated || (config.simpleAggregation && (hasKeys || config.compression !== undefined)),
    checksumReady: dependencies.md5Ready ?? (() => Promise.resolve()),
    ...{ turns, partialDeliveries, recordCounter, delivery, deadLetters, isAggregated, isKeyed, metrics, log },
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

/** Returns a function that creates the delivery of a stream; `undefined` means the output's own stream. */
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

/** Returns the throttle of a stream, which requests the shard list when a shard throttles. */
function throttleOf(shards: ShardList, { md5, md5Ready, now }: OutputDependencies): ShardThrottle {
  const encoder = new TextEncoder();
  return new ShardThrottle({
    shardMap: () => shards.latest,
    renewShardMap: () => {
      shards.invalidate();
      // Loads the list in the background. Without MD5 the list is useless.
      void Promise.resolve(md5Ready?.()).then(() => shards.current(), () => undefined);
    },
    md5: (key) => md5(encoder.encode(key)),
    now,
  });
}
