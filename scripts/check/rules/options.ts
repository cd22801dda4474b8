/** Checks an output's options with the plugin's own reader, which runs until it finds no further error. */
import { readConfig, type Config } from "../../../src/options/config.js";
import type { DefaultRegion } from "../../../src/options/region.js";
import { optionNames } from "../../../src/options/table.js";
import { ConfigurationError } from "../../../src/configuration_error.js";
import type { Log } from "../../../src/telemetry/log.js";
import { zoneName } from "../../../src/host/zone_name.js";
import type { Finding } from "../findings.js";
import { isKnown, placeOf, type KinesisOutput } from "../outputs.js";

/** The options as the plugin would read them, with its errors and warnings. */
export interface CheckedOptions {
  /** Has stand-ins for invalid values; undefined if an error remains with them. */
  readonly config: Config | undefined;
  /** Whether the plugin would start with them. */
  readonly isGood: boolean;
  readonly findings: readonly Finding[];
}

/** Replacements of invalid values, chosen so that no other option becomes invalid with them. */
const standIns: Readonly<Record<string, string>> = { stream: "stream", region: "us-west-2", max_record_size: "10485760" };

/**
 * Reads the options of an output. Does not judge values that depend on a variable that is unset here, nor a region that
 * may come from elsewhere.
 */
export function readOptions(output: KinesisOutput, region: DefaultRegion | undefined): CheckedOptions {
  const unknown = optionNames.filter((name) => !isKnown(output.settings.first(name)));
  const replaced = new Map<string, string>(unknown.map((name) => [name, standIns[name] ?? ""]));
  if ((output.settings.first("region")?.resolved ?? "") === "" && region?.region === undefined) replaced.set("region", standIns["region"] ?? "");
  const findings: Finding[] = [];
  for (;;) {
    const warnings: string[] = [];
    try {
      const read = (name: string) => replaced.get(name) ?? output.settings.first(name)?.resolved;
      const config = readConfig(read, collecting(warnings), zoneName, region);
      findings.push(...warnings.flatMap((message) => warningOf(output, message)));
      return { config, isGood: replaced.size === 0, findings };
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      const invalid = optionIn(error.message);
      findings.push(errorOf(output, invalid, error.message));
      // The stand-in is invalid too: the reader would report the same error forever.
      if (replaced.has(invalid)) return { config: undefined, isGood: false, findings };
      replaced.set(invalid, standIns[invalid] ?? "");
    }
  }
}

/** Returns the option that a message of src/options is about; the message about partition_key names no option. */
function optionIn(message: string): string {
  const patterns = [/^Invalid '(\w+)' value/u, /\('(\w+)' is not set/u, /^'(\w+)' cannot be set together with/u, /^'\w+' and '(\w+)' are both/u];
  return patterns.flatMap((pattern) => pattern.exec(message)?.[1] ?? [])[0] ?? "partition_key";
}

function collecting(warnings: string[]): Log {
  const ignore = () => undefined;
  return { debug: ignore, info: ignore, error: ignore, warning: (message) => warnings.push(message.replace(/^WARNING:\s*/u, "")) };
}

function errorOf(output: KinesisOutput, option: string, message: string): Finding {
  const setting = output.settings.first(option);
  const isMissing = message.includes("is not set");
  return {
    severity: "error",
    place: placeOf(output, option),
    rule: isMissing ? "missing-option" : "wrong-value",
    // The value of a variable may be secret: the report shows its name.
    message: setting === undefined || setting.resolved === setting.value ? message : message.replace(`(${setting.resolved})`, `(${setting.value})`),
    advice: isMissing ? `Set '${option}' in the output` : "Correct the value; Fluent Bit does not start with it",
  };
}

const adviceFor: Readonly<Record<string, string>> = {
  stream: "Write the same region in both",
  external_id: "Set 'role_arn', or remove it",
  time_key_zone: "Set 'time_key', or remove it",
  role_session_name: "Set 'role_arn', or remove it",
  role_duration: "Set 'role_arn', or remove it",
};

function warningOf(output: KinesisOutput, message: string): Finding[] {
  // Aggregation together with partition_key is a valid choice.
  if (message.startsWith("'partition_key' has different behavior")) return [];
  const isSet = (name: string) => (output.settings.first(name)?.resolved ?? "") !== "";
  const option = Object.keys(adviceFor).find((name) => message.includes(`'${name}`) && isSet(name));
  return [{ severity: "warning", place: placeOf(output, option ?? "name"), rule: "plugin-warning", message, advice: adviceFor[option ?? ""] ?? "See docs/OPTIONS.md" }];
}
