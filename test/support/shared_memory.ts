// Makes the memory that all outputs of a process share, with limits of the test.
import { ByteBudget } from "../../src/bytes/byte_budget.js";
import type { SharedMemory } from "../../src/output/open_output.js";
import { Turns, type TurnsDependencies } from "../../src/delivery/turns.js";
import { timedPool } from "./sink_pool.js";

/** Returns shared memory, by default without limits and with a network that takes no time. */
export function sharedMemory(turns: Pick<TurnsDependencies, "now"> & Partial<TurnsDependencies>): SharedMemory {
  return {
    turns: new Turns({ budgetBytes: Number.POSITIVE_INFINITY, letNetworkRun: () => Promise.resolve(), ...turns }),
    bodies: new ByteBudget(Number.POSITIVE_INFINITY),
    sinks: timedPool().pool,
  };
}
