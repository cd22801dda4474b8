/** Keeps one delivery per stream of an output, created on first use, for a bounded number of streams. */
import type { ServicePulse } from "../delivery/service_pulse.js";
import type { StreamDelivery } from "./stream_delivery.js";

/** Maximum streams kept. Each takes some KiB: its window, its pulse, and its shards when records are aggregated by shard. */
export const maxStreams = 1000;

/** The deliveries of one output, by stream. */
export class StreamDeliveries {
  readonly #open: (stream: string | undefined) => StreamDelivery;
  readonly #maxStreams: number;
  /** The least recently used comes first. */
  readonly #streams = new Map<string | undefined, StreamDelivery>();

  /**
   * @param open creates the delivery of a stream; `undefined` means the output's own stream
   * @param max maximum streams kept; exceeded only while their deliveries are under way
   */
  constructor(open: (stream: string | undefined) => StreamDelivery, max = maxStreams) {
    this.#open = open;
    this.#maxStreams = max;
  }

  /** Returns the delivery of a stream. */
  of(stream: string | undefined): StreamDelivery {
    const known = this.#streams.get(stream);
    if (known !== undefined) this.#streams.delete(stream);
    else this.#dropIdle();
    const delivery = known ?? this.#open(stream);
    this.#streams.set(stream, delivery);
    return delivery;
  }

  /** Number of streams kept. */
  get size(): number {
    return this.#streams.size;
  }

  /** The pulses of all streams kept. */
  *pulses(): Iterable<ServicePulse> {
    for (const { pulse } of this.#streams.values()) yield pulse;
  }

  /** Drops idle streams, the least recently used first, until one more fits. */
  #dropIdle(): void {
    if (this.#streams.size < this.#maxStreams) return;
    for (const [stream, { isIdle }] of this.#streams) {
      if (isIdle) this.#streams.delete(stream);
      if (this.#streams.size < this.#maxStreams) return;
    }
  }
}
