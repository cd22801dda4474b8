// Keeps an output's partial deliveries in a variable, as a state file does on disk.
import type { AgedDelivery, DeliveryKeeper, DeliverySource } from "../../src/delivery/partial_deliveries.js";
import { EventSet } from "../../src/pack/event_set.js";
import type { OutputFile } from "../../src/output/output.js";

export class HeldState implements DeliveryKeeper, OutputFile {
  /** Number of changes, and number of flushes that waited for the file. */
  changes = 0;
  waits = 0;
  closed = 0;
  readonly #kept: readonly AgedDelivery[];
  #source: DeliverySource = { all: [], isChanging: false };

  constructor(kept: readonly AgedDelivery[] = []) {
    this.#kept = kept;
  }

  /** Everything that would be written now. */
  get all(): readonly AgedDelivery[] {
    return this.#source.all;
  }

  get isChanging(): boolean {
    return this.#source.isChanging;
  }

  /** Returns the unsent events of each chunk, among its first `events` ones. */
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
