/** Variables in ${…} that are set nowhere: Fluent Bit puts nothing in their place. */
import type { Finding } from "../findings.js";
import type { Pipeline, Setting } from "../outputs.js";

/** Of [SERVICE] and of this plugin's outputs. */
export function unsetVariables({ configuration, service, kinesis }: Pipeline): Finding[] {
  const settings = [service, ...kinesis.map((output) => output.settings)].flatMap(({ all }) => all);
  const { container, variables } = configuration;
  const isSetElsewhere = (name: string) => container?.hasMoreVariables === true || container?.variables.has(name) === true;
  return settings.flatMap((setting) =>
    setting.unset
      .filter((name) => !isSetElsewhere(name))
      .map((name) => complaintOf(setting, name, variables.get(name), container !== undefined)),
  );
}

function complaintOf({ key, file, line }: Setting, name: string, own: string | undefined, isInContainer: boolean): Finding {
  const common = { severity: "warning", place: { file, line }, rule: "unset-variable" } as const;
  if (own !== undefined) {
    const message = `\${${name}} in '${key}' stands for what is in ${own}, which cannot be read here or is empty`;
    return { ...common, message, advice: "See that Fluent Bit finds it where it runs (and this check here)" };
  }
  if (isInContainer) {
    const message = `\${${name}} in '${key}' is not set in the container, so nothing stands in its place`;
    return { ...common, message, advice: `Set ${name} in the container's environment, or write \${${name}:-default}` };
  }
  const message = `\${${name}} in '${key}' is not set here, so nothing stands in its place`;
  return { ...common, message, advice: `Set ${name} in Fluent Bit's environment (and here, or in a file that --variables names), or write \${${name}:-default}` };
}
