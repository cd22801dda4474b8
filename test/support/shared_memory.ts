// The memory that all outputs of a process share, with bounds of the test's.
import { ByteBudget } from "../../src/bytes/byte_budget.js";
import type { SharedMemory } from "../../src/output/open_output.js";
import { Turns, type TurnsDependencies } from "../../src/delivery/turns.js";
import { timedPool } from "./sink_pool.js";

/** Makes shared memory without bounds, and with a network that needs no time, unless the test says otherwise. */
export function sharedMemory(turns: Pick<TurnsDependencies, "now"> & Partial<TurnsDependencies>): SharedMemory {
  return {
    turns: new Turns({ budgetBytes: Number.POSITIVE_INFINITY, letNetworkRun: () => Promise.resolve(), ...turns }),
    bodies: new ByteBudget(Number.POSITIVE_INFINITY),
    sinks: timedPool().pool,
  };
}
