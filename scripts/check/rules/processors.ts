/** Warns of output processors that can change a chunk between retries, so that the plugin does not recognize it. */
import type { Processor } from "../configuration.js";
import type { Finding } from "../findings.js";
import type { KinesisOutput } from "../outputs.js";

/** Processors with the same output for the same chunk. Fluent Bit runs an output's processors again at each retry. */
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

/** Returns a warning for each other processor of the output. */
export function processors({ processors: all }: KinesisOutput): Finding[] {
  return all.filter((processor) => mayDiffer(processor)).map(({ name, file, line }) => ({
    severity: "warning",
    place: { file, line },
    rule: "processors",
    message: `the processor '${name}' may change the chunk at each retry: records that were already delivered are then sent again, and arrive twice`,
    advice: "Move it to the processors of the input, or use a filter: those run once",
  }));
}

function mayDiffer({ name, entries }: Processor): boolean {
  const lower = name.toLowerCase();
  const addsUuid = lower === "record_modifier" && entries.some(({ key }) => key.toLowerCase() === "uuid_key");
  return addsUuid || !alwaysTheSame.has(lower);
}
