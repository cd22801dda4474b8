// Delivers entries for tests, from views of entries to views.
import { deliver as deliverRows, type Delivery, type DeliveryDependencies, type Failure, type RetryPolicy } from "../../src/delivery/delivery.js";
import type { Progress } from "../../src/delivery/round.js";
import type { Entry, EntryTable, EntryView } from "../../src/pack/entry_table.js";
import { appendTo, tableOf, viewsOf } from "./entry.js";

interface Outcome extends Omit<Progress, "refused"> {
  readonly refused: readonly { readonly entry: EntryView; readonly failure: Failure }[];
}

/** Like {@link Delivery}, with views. */
export type ViewDelivery =
  | ({ readonly kind: "delivered" } & Outcome)
  | ({ readonly kind: "remaining"; readonly remaining: readonly EntryView[]; readonly failure: Failure } & Outcome);

export interface ViewDependencies extends Omit<DeliveryDependencies, "takeApart" | "taken" | "waits"> {
  readonly takeApart: (entry: EntryView) => readonly EntryView[];
  readonly waits?: (entries: readonly EntryView[]) => void;
}

/** Delivers entries from a new table. */
export async function deliver(entries: readonly EntryView[], policy: RetryPolicy, { takeApart, waits, ...dependencies }: ViewDependencies): Promise<ViewDelivery> {
  const [table, rows] = tableOf(entries);
  const view = (entry: Entry) => viewsOf(table, [entry])[0] as EntryView;
  const outcome = await deliverRows(table, rows, policy, {
    ...dependencies,
    takeApart: (entry) => appendTo(table, takeApart(view(entry))),
    waits: waits && ((waiting) => waits(viewsOf(table, waiting))),
  });
  const refused = outcome.refused.map(({ entry, failure }) => ({ entry: view(entry), failure }));
  return outcome.kind === "delivered" ? { ...outcome, refused } : { ...outcome, refused, remaining: viewsOf(table, outcome.remaining) };
}

/** Returns a delivery's outcome, with the table of its entries. */
export function tableOfDelivery(delivery: ViewDelivery): [table: EntryTable, delivery: Delivery] {
  const [table, rows] = tableOf(delivery.refused.map(({ entry }) => entry));
  const refused = delivery.refused.map(({ failure }, index) => ({ entry: rows[index] as Entry, failure }));
  return [table, delivery.kind === "delivered" ? { ...delivery, refused } : { ...delivery, refused, remaining: appendTo(table, delivery.remaining) }];
}
