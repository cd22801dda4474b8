/** Keeps a separate key order for each stream that receives chunks of one tag. */
import { KeyOrder } from "./key_order.js";

/** Minimum number of orders at which unused ones are dropped. */
const minOrdersToDrop = 64;

/** The key orders of one tag, by stream. */
export class StreamKeys {
  readonly #orders = new Map<string | undefined, KeyOrder>();
  /** Number of orders at which unused ones are dropped next. */
  #maxOrders = minOrdersToDrop;

  /** Returns the key order of a stream. @param stream undefined for the output's own */
  of(stream: string | undefined): KeyOrder {
    const known = this.#orders.get(stream);
    if (known !== undefined) return known;
    if (this.#orders.size >= this.#maxOrders) this.#dropFree();
    const order = new KeyOrder();
    this.#orders.set(stream, order);
    return order;
  }

  /** Number of orders kept. */
  get size(): number {
    return this.#orders.size;
  }

  /** Drops the unused orders. Doubling the threshold keeps the total cost of drops in proportion to the orders created. */
  #dropFree(): void {
    for (const [stream, order] of this.#orders) if (order.isFree) this.#orders.delete(stream);
    this.#maxOrders = Math.max(minOrdersToDrop, 2 * this.#orders.size);
  }
}
