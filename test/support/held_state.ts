// Keeps what an output remembers, as a state file does, in a variable.
import type { AgedDelivery, DeliveryKeeper, DeliverySource } from "../../src/delivery/partial_deliveries.js";
import { EventSet } from "../../src/pack/event_set.js";
import type { OutputFile } from "../../src/output/output.js";

export class HeldState implements DeliveryKeeper, OutputFile {
  /** How often something changed, and how often a flush waited for the file. */
  changes = 0;
  waits = 0;
  closed = 0;
  readonly #kept: readonly AgedDelivery[];
  #source: DeliverySource = { all: [], isChanging: false };

  constructor(kept: readonly AgedDelivery[] = []) {
    this.#kept = kept;
  }

  /** All that would be written now. */
  get all(): readonly AgedDelivery[] {
    return this.#source.all;
  }

  get isChanging(): boolean {
    return this.#source.isChanging;
  }

  /** The events that are left of each chunk, among the first so many. */
  leftOf(events: number): number[][] {
    return this.all.map(({ remaining: { bits, rest } }) => {
      const left = new EventSet(bits, rest);
      return Array.from({ length: events }, (_, event) => event).filter((event) => left.has(event));
    });
  }

  attach(source: DeliverySource): readonly AgedDelivery[] {
    this.#source = source;
    return this.#kept;
  }

  changed(): void {
    this.changes++;
  }

  written(): Promise<void> {
    this.waits++;
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.closed++;
    return Promise.resolve();
  }
}
