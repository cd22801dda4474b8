/** Keeps an order of keys for each stream to which chunks of one tag go. */
import { KeyOrder } from "./key_order.js";

/** Orders that nobody holds are dropped when there are so many. */
const fewest = 64;

/** The orders of one tag. */
export class StreamKeys {
  readonly #orders = new Map<string | undefined, KeyOrder>();
  #most = fewest;

  /** Returns the order of a stream's keys. @param stream undefined for the output's own */
  of(stream: string | undefined): KeyOrder {
    const known = this.#orders.get(stream);
    if (known !== undefined) return known;
    if (this.#orders.size >= this.#most) this.#dropFree();
    const order = new KeyOrder();
    this.#orders.set(stream, order);
    return order;
  }

  /** Orders that are kept. */
  get size(): number {
    return this.#orders.size;
  }

  /** With as many again before the next time, all drops together cost no more than the orders themselves. */
  #dropFree(): void {
    for (const [stream, order] of this.#orders) if (order.isFree) this.#orders.delete(stream);
    this.#most = Math.max(fewest, 2 * this.#orders.size);
  }
}
