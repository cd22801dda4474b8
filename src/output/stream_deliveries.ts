/** Has a delivery for each stream of an output, made when the stream is first named, for a bounded number of streams. */
import type { ServicePulse } from "../delivery/service_pulse.js";
import type { StreamDelivery } from "./stream_delivery.js";

/** A stream takes some KiB: its window, its pulse, and its shards where records are aggregated by them. */
export const maxStreams = 1000;

/** The streams of one output. */
export class StreamDeliveries {
  readonly #open: (stream: string | undefined) => StreamDelivery;
  readonly #most: number;
  /** The one that was used longest ago comes first. */
  readonly #streams = new Map<string | undefined, StreamDelivery>();

  /**
   * @param open makes the delivery of a stream, undefined for the output's own
   * @param most streams that are kept; more only while their deliveries are under way
   */
  constructor(open: (stream: string | undefined) => StreamDelivery, most = maxStreams) {
    this.#open = open;
    this.#most = most;
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

  /** Streams that are kept. */
  get size(): number {
    return this.#streams.size;
  }

  /** The pulses of the streams that are kept. */
  *pulses(): Iterable<ServicePulse> {
    for (const { pulse } of this.#streams.values()) yield pulse;
  }

  /** Makes room for one more. */
  #dropIdle(): void {
    if (this.#streams.size < this.#most) return;
    for (const [stream, { isIdle }] of this.#streams) {
      if (isIdle) this.#streams.delete(stream);
      if (this.#streams.size < this.#most) return;
    }
  }
}
