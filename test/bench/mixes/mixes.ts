// Makes the records of the benchmarks, the same in each run.
import { containerLog, pseudoRandom } from "../container_logs.js";
import { accessLog } from "./access_logs.js";
import { multilingualText } from "./multilingual_text.js";
import { stackTrace } from "./stack_traces.js";

export type Body = Record<string, unknown>;

export interface Mix {
  readonly name: string;
  readonly bodies: (count: number) => Body[];
}

const SEED = 7;

function mix(name: string, body: (random: () => number) => Body): Mix {
  const bodies = (count: number) => {
    const random = pseudoRandom(SEED);
    return Array.from({ length: count }, () => body(random));
  };
  return { name, bodies };
}

export const containerLogMix = mix("container logs", containerLog);
export const mixes: readonly Mix[] = [
  containerLogMix,
  mix("JSON access logs", accessLog),
  mix("Java stack traces", stackTrace),
  mix("text in many languages", multilingualText),
];
