/** Variables in ${…} that are set nowhere: Fluent Bit puts nothing in their place. */
import type { Finding } from "../findings.js";
import type { Pipeline, Setting } from "../outputs.js";

/** Of [SERVICE] and of this plugin's outputs. */
export function unsetVariables({ service, kinesis }: Pipeline): Finding[] {
  return [service, ...kinesis.map(({ settings }) => settings)].flatMap(({ all }) => all.flatMap(complaintsOf));
}

function complaintsOf({ key, unset, file, line }: Setting): Finding[] {
  return unset.map((name) => ({
    severity: "warning",
    place: { file, line },
    rule: "unset-variable",
    message: `\${${name}} in '${key}' is not set here, so nothing stands in its place`,
    advice: `Set ${name} in Fluent Bit's environment (and here, for this check), or write \${${name}:-default}`,
  }));
}
