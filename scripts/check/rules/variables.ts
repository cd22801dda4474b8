/** Finds unset variables in ${…}: Fluent Bit replaces them by nothing. */
import type { Finding } from "../findings.js";
import type { Pipeline, Setting } from "../outputs.js";

/** Returns a warning for each unset variable in [SERVICE] and in this plugin's outputs. */
export function unsetVariables({ configuration, service, kinesis }: Pipeline): Finding[] {
  const settings = [service, ...kinesis.map((output) => output.settings)].flatMap(({ all }) => all);
  const { container, variables } = configuration;
  const isSetElsewhere = (name: string) => container?.hasMoreVariables === true || container?.variables.has(name) === true;
  return settings.flatMap((setting) =>
    setting.unset
      .filter((name) => !isSetElsewhere(name))
      .map((name) => warningOf(setting, name, variables.get(name), container !== undefined)),
  );
}

function warningOf({ key, file, line }: Setting, name: string, own: string | undefined, isInContainer: boolean): Finding {
  const common = { severity: "warning", place: { file, line }, rule: "unset-variable" } as const;
  if (own !== undefined) {
    const message = `\${${name}} in '${key}' is the content of ${own}, which cannot be read here or is empty`;
    return { ...common, message, advice: "Make sure that Fluent Bit can read it where it runs (and this check here)" };
  }
  if (isInContainer) {
    const message = `\${${name}} in '${key}' is not set in the container, so it is replaced by nothing`;
    return { ...common, message, advice: `Set ${name} in the container's environment, or write \${${name}:-default}` };
  }
  const message = `\${${name}} in '${key}' is not set here, so it is replaced by nothing`;
  return { ...common, message, advice: `Set ${name} in Fluent Bit's environment (and here, or in a file that --variables names), or write \${${name}:-default}` };
}
