/** Judges the service by all streams of an output: one that fails alone does not speak for the others. */
import type { ServicePulse } from "./service_pulse.js";

/** The streams of one output. With a single one, all is as its pulse says. */
export class StreamPulses {
  readonly #pulses: () => Iterable<ServicePulse>;

  /** @param pulses returns those of the streams that the output knows */
  constructor(pulses: () => Iterable<ServicePulse>) {
    this.#pulses = pulses;
  }

  /** Whether nothing more is to be expected: a request hangs, and no other stream takes records or waits in good time. */
  get isHanging(): boolean {
    const pulses = [...this.#pulses()];
    if (!pulses.some(({ isHanging }) => isHanging)) return false;
    return !pulses.some(({ isHanging, isTaking, isWaiting }) => !isHanging && (isTaking || isWaiting));
  }

  /** Whether there are streams, and each was tried in vain: one that was not tried lately may take what is left. */
  get isFruitless(): boolean {
    const pulses = [...this.#pulses()];
    return pulses.length > 0 && pulses.every(({ isFruitless }) => isFruitless);
  }

  /** Whether a stream gives no hope, and no other one takes records. */
  isHopeless(pulse: ServicePulse): boolean {
    if (!pulse.isHopeless) return false;
    for (const other of this.#pulses()) if (other !== pulse && other.isTaking) return false;
    return true;
  }
}
