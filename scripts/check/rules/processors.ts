/** Processors of an output that can make another chunk at each try, so that the plugin does not know it again. */
import type { Processor } from "../configuration.js";
import type { Finding } from "../findings.js";
import type { KinesisOutput } from "../outputs.js";

/** Those that make the same of the same chunk, always. Fluent Bit runs them anew each time that a chunk comes. */
const alwaysTheSame = new Set([
  "checklist",
  "content_modifier",
  "expect",
  "geoip2",
  "grep",
  "labels",
  "metrics_selector",
  "modify",
  "nest",
  "opentelemetry_envelope",
  "parser",
  "record_modifier",
  "sql",
  "stdout",
  "type_converter",
]);

/** @returns a complaint for each other one of the output */
export function processors({ processors: all }: KinesisOutput): Finding[] {
  return all.filter((processor) => mayDiffer(processor)).map(({ name, file, line }) => ({
    severity: "warning",
    place: { file, line },
    rule: "processors",
    message: `the processor '${name}' may make another chunk each time that Fluent Bit brings it: records that were delivered in part are then sent again, and arrive twice`,
    advice: "Move it to the processors of the input, or use a filter: those run once",
  }));
}

function mayDiffer({ name, entries }: Processor): boolean {
  const lower = name.toLowerCase();
  const addsNumber = lower === "record_modifier" && entries.some(({ key }) => key.toLowerCase() === "uuid_key");
  return addsNumber || !alwaysTheSame.has(lower);
}
