/** The stages that the flushes of one output share. */
import type { SinkPool } from "../bytes/sink_pool.js";
import type { PartialDeliveries } from "../delivery/partial_deliveries.js";
import type { TagOrder } from "../delivery/tag_order.js";
import type { OutputTurns } from "../delivery/turns.js";
import type { Pipeline } from "../pack/slices.js";
import type { Log } from "../telemetry/log.js";
import type { Metrics } from "../telemetry/metrics.js";
import type { DeadLetters } from "./dead_letters.js";
import type { RecordCounter } from "./record_counter.js";
import type { SliceDelivery } from "./slice_delivery.js";

/** The stages in the order of their use. */
export interface FlushStages {
  /** Undefined when records have no order. */
  readonly tags: TagOrder | undefined;
  readonly turns: OutputTurns;
  readonly partialDeliveries: PartialDeliveries;
  readonly pipeline: Pipeline;
  readonly recordCounter: RecordCounter;
  readonly delivery: SliceDelivery;
  /** Undefined when dropped records are not kept. */
  readonly deadLetters: DeadLetters | undefined;
  readonly sinks: SinkPool;
  readonly isAggregated: boolean;
  /** Whether records choose their streams. */
  readonly isKeyed: boolean;
  /** Whether packing appends entries to the sink behind the records that they copy. */
  readonly copiesRecords: boolean;
  /** Resolves when the checksum of aggregates can be computed. */
  readonly checksumReady: () => Promise<void>;
  readonly metrics: Metrics;
  readonly log: Log;
}
