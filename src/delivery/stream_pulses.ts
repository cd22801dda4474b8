/** Judges the service by all streams of an output: one failing stream says nothing about the others. */
import type { ServicePulse } from "./service_pulse.js";

/** The pulses of one output's streams. With a single stream, returns the same as its pulse. */
export class StreamPulses {
  readonly #pulses: () => Iterable<ServicePulse>;

  /** @param pulses returns the pulses of the streams that the output knows */
  constructor(pulses: () => Iterable<ServicePulse>) {
    this.#pulses = pulses;
  }

  /** Whether the service hangs: one stream hangs, and no other stream accepts records or waits within its patience. */
  get isHanging(): boolean {
    const pulses = [...this.#pulses()];
    if (!pulses.some(({ isHanging }) => isHanging)) return false;
    return !pulses.some(({ isHanging, isTaking, isWaiting }) => !isHanging && (isTaking || isWaiting));
  }

  /** Whether there are streams, and all are fruitless: a stream not tried lately might still accept records. */
  get isFruitless(): boolean {
    const pulses = [...this.#pulses()];
    return pulses.length > 0 && pulses.every(({ isFruitless }) => isFruitless);
  }

  /** Whether a stream is hopeless, and no other stream accepts records. */
  isHopeless(pulse: ServicePulse): boolean {
    if (!pulse.isHopeless) return false;
    for (const other of this.#pulses()) if (other !== pulse && other.isTaking) return false;
    return true;
  }
}
