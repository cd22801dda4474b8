/** Delivers entries to one stream within its limits, and reports the outcome to its log and metrics. */
import { deliver, type Delivery, type DeliveryDependencies, type RetryPolicy } from "../delivery/delivery.js";
import type { DeliveryReport } from "../delivery/delivery_report.js";
import type { KeyOrder } from "../delivery/key_order.js";
import type { SendOrder } from "../delivery/lanes.js";
import type { ServicePulse } from "../delivery/service_pulse.js";
import type { ShardList } from "../delivery/shard_list.js";
import type { Entry, EntryTable } from "../pack/entry_table.js";
import type { ShardMap } from "../pack/shard_map.js";
import type { Metrics } from "../telemetry/metrics.js";

/** Dependencies of the deliveries to one stream. */
export interface StreamDeliveryDependencies extends Pick<DeliveryDependencies, "client" | "window" | "throttle" | "maxRequestBytes" | "now" | "random"> {
  readonly pulse: ServicePulse;
  readonly report: DeliveryReport;
  /** Undefined when records are not aggregated by shard. */
  readonly shards: ShardList | undefined;
  readonly metrics: Metrics;
  /** Returns the order that entries keep. @param isByShard whether the entries were aggregated by shard */
  readonly orderOf: (isByShard: boolean) => SendOrder;
  /** Whether chunks may also hold records of other streams. */
  readonly isOneOfMany: boolean;
}

/** Settings of a flush for the delivery of some entries. */
export interface DeliveryOptions extends Pick<RetryPolicy, "budgetMs" | "maxRounds">, Pick<DeliveryDependencies, "sleep" | "takeApart" | "taken" | "waits"> {
  /** The order of this stream's keys within the entries' tag; undefined when records have no order. */
  readonly keys: KeyOrder | undefined;
  /** The shard map of the aggregation, so that each entry holds records of one shard; undefined when not aggregated by shard. */
  readonly shardMap: ShardMap | undefined;
  /** Returns whether the output retries beyond the limits of a flush. */
  readonly isDraining: () => boolean;
}

const backoff = { firstBackoffMs: 100, maxBackoffMs: 1000 };

/** Delivers entries to one stream. */
export class StreamDelivery {
  readonly #dependencies: StreamDeliveryDependencies;
  #underWay = 0;
  /** Whether the last delivery left entries unsent. */
  #isBehind = false;

  constructor(dependencies: StreamDeliveryDependencies) {
    this.#dependencies = dependencies;
  }

  /** The state of the service for this stream. */
  get pulse(): ServicePulse {
    return this.#dependencies.pulse;
  }

  /** Whether no delivery is under way. */
  get isIdle(): boolean {
    return this.#underWay === 0;
  }

  /** Resolves to the stream's shards; undefined when they are unknown or not needed for aggregation. */
  async shardMap(): Promise<ShardMap | undefined> {
    return this.#dependencies.shards?.current();
  }

  /**
   * Delivers entries. When records choose their streams, a stream whose last delivery left entries unsent gets only one round: back-offs
   * for it would delay the other streams, whose chunks wait for the memory and the order of this chunk.
   */
  async deliver(table: EntryTable, entries: readonly Entry[], { keys: keyOrder, shardMap, isDraining, budgetMs, maxRounds, ...options }: DeliveryOptions): Promise<Delivery> {
    const { orderOf, pulse, isOneOfMany, client, window, maxRequestBytes, now, random } = this.#dependencies;
    const isBrief = isOneOfMany && this.#isBehind;
    // A single round must send everything; otherwise it could not show that a throttled shard accepts records again.
    const throttle = isBrief ? undefined : this.#dependencies.throttle;
    const policy = {
      ...backoff,
      budgetMs,
      maxRounds: isBrief ? 0 : maxRounds,
      goesOn: () => isDraining() && pulse.isTaking,
    };
    const order = orderOf(shardMap !== undefined);
    const keys = keyOrder && { order: keyOrder, mapping: order === "by key" ? order : shardMap };
    this.#underWay++;
    try {
      const delivery = await deliver(table, entries, policy, { ...options, client, window, throttle, maxRequestBytes, order, keys, now, random });
      this.#report(table, delivery);
      return delivery;
    } finally {
      this.#underWay--;
    }
  }

  #report(table: EntryTable, delivery: Delivery): void {
    const { metrics, shards, report, window } = this.#dependencies;
    metrics.add("retry_rounds_total", delivery.retryRounds);
    metrics.add("dropped_records_total:refused", delivery.refused.reduce((sum, { entry }) => sum + table.userRecordsOf(entry), 0));
    if (delivery.strayed > 0) shards?.invalidate();
    report.report(table, delivery, window.isEnded);
    this.#isBehind = delivery.kind === "remaining";
  }
}
