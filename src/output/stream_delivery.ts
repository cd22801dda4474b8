/** Delivers entries to one stream by the stream's own limits, and reports the outcome to its log and metrics. */
import { deliver, type Delivery, type DeliveryDependencies, type RetryPolicy } from "../delivery/delivery.js";
import type { DeliveryReport } from "../delivery/delivery_report.js";
import type { KeyOrder } from "../delivery/key_order.js";
import type { SendOrder } from "../delivery/lanes.js";
import type { ServicePulse } from "../delivery/service_pulse.js";
import type { ShardList } from "../delivery/shard_list.js";
import type { Entry, EntryTable } from "../pack/entry_table.js";
import type { ShardMap } from "../pack/shard_map.js";
import type { Metrics } from "../telemetry/metrics.js";

/** The limits of one stream, and whom a delivery to it concerns. */
export interface StreamDeliveryDependencies extends Pick<DeliveryDependencies, "client" | "window" | "throttle" | "maxRequestBytes" | "now" | "random"> {
  readonly pulse: ServicePulse;
  readonly report: DeliveryReport;
  /** Undefined where nothing is aggregated by shard. */
  readonly shards: ShardList | undefined;
  readonly metrics: Metrics;
  /** Returns the order that entries keep. @param isByShard whether their shards are known */
  readonly orderOf: (isByShard: boolean) => SendOrder;
  /** Whether records of other streams wait in the chunks of this one. */
  readonly isOneOfMany: boolean;
}

/** What a flush grants to the delivery of some entries. */
export interface Allowance extends Pick<RetryPolicy, "budgetMs" | "maxRounds">, Pick<DeliveryDependencies, "sleep" | "takeApart" | "taken" | "waits"> {
  /** The order of this stream's keys in the tag of the entries; undefined where records have no order. */
  readonly keys: KeyOrder | undefined;
  /** By which entries were aggregated, so that each holds the records of one shard; undefined without it. */
  readonly shardMap: ShardMap | undefined;
  /** Returns whether the output goes on beyond the limits of a flush. */
  readonly isDraining: () => boolean;
}

const backoff = { firstBackoffMs: 100, maxBackoffMs: 1000 };

/** The deliveries to one stream. */
export class StreamDelivery {
  readonly #dependencies: StreamDeliveryDependencies;
  #underWay = 0;
  /** Something of the chunk that was delivered last is left. */
  #isBehind = false;

  constructor(dependencies: StreamDeliveryDependencies) {
    this.#dependencies = dependencies;
  }

  /** The signs of the service for this stream. */
  get pulse(): ServicePulse {
    return this.#dependencies.pulse;
  }

  /** Whether no delivery is under way. */
  get isIdle(): boolean {
    return this.#underWay === 0;
  }

  /** Resolves to the stream's shards; undefined where they cannot be had, or nothing is aggregated by them. */
  async shardMap(): Promise<ShardMap | undefined> {
    return this.#dependencies.shards?.current();
  }

  /**
   * Delivers entries. One of many streams that did not take all of the chunk before gets one round: back-offs for it would
   * hold back the records of the other streams, whose chunks wait for the memory and the order of this one.
   */
  async deliver(table: EntryTable, entries: readonly Entry[], { keys: keyOrder, shardMap, isDraining, budgetMs, maxRounds, ...allowance }: Allowance): Promise<Delivery> {
    const { orderOf, pulse, isOneOfMany, client, window, maxRequestBytes, now, random } = this.#dependencies;
    const isBrief = isOneOfMany && this.#isBehind;
    // One round sends all that there is, or it would never show that a shard takes records again.
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
      const delivery = await deliver(table, entries, policy, { ...allowance, client, window, throttle, maxRequestBytes, order, keys, now, random });
      this.#tell(table, delivery);
      return delivery;
    } finally {
      this.#underWay--;
    }
  }

  #tell(table: EntryTable, delivery: Delivery): void {
    const { metrics, shards, report, window } = this.#dependencies;
    metrics.add("retry_rounds_total", delivery.retryRounds);
    metrics.add("dropped_records_total:refused", delivery.refused.reduce((sum, { entry }) => sum + table.userRecordsOf(entry), 0));
    if (delivery.strayed > 0) shards?.invalidate();
    report.report(table, delivery, window.isEnded);
    this.#isBehind = delivery.kind === "remaining";
  }
}
