/** What the plugin itself would say of the options: its own reader is asked, until it has no more to complain about. */
import { readConfig, type Config } from "../../../src/options/config.js";
import type { DefaultRegion } from "../../../src/options/region.js";
import { optionNames } from "../../../src/options/table.js";
import { ConfigurationError } from "../../../src/configuration_error.js";
import type { Log } from "../../../src/telemetry/log.js";
import { zoneName } from "../../../src/host/zone_name.js";
import type { Finding } from "../findings.js";
import { isKnown, placeOf, type KinesisOutput } from "../outputs.js";

/** The options as the plugin would have them, and what it says of them. */
export interface CheckedOptions {
  /** With stand-ins for what is wrong. */
  readonly config: Config | undefined;
  /** Whether the plugin would start with them. */
  readonly isGood: boolean;
  readonly findings: readonly Finding[];
}

/** In place of wrong values, so that the reader goes on: those that let others pass. */
const standIns: Readonly<Record<string, string>> = { stream: "stream", region: "us-west-2", max_record_size: "10485760" };

/** Reads the options of an output. What hangs on a variable that is not set here is not judged, nor a region that may come from elsewhere. */
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
      const guilty = optionIn(error.message);
      findings.push(errorOf(output, guilty, error.message));
      // Then the reader has said the same again, and would for ever.
      if (replaced.has(guilty)) return { config: undefined, isGood: false, findings };
      replaced.set(guilty, standIns[guilty] ?? "");
    }
  }
}

/** Which option a message of src/options is about; the one about partition_key quotes its value alone. */
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
    // What a variable holds is not for a report.
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
  // How aggregation and keys go together is nobody's fault.
  if (message.startsWith("'partition_key' has different behavior")) return [];
  const isSet = (name: string) => (output.settings.first(name)?.resolved ?? "") !== "";
  const option = Object.keys(adviceFor).find((name) => message.includes(`'${name}`) && isSet(name));
  return [{ severity: "warning", place: placeOf(output, option ?? "name"), rule: "plugin-warning", message, advice: adviceFor[option ?? ""] ?? "See docs/OPTIONS.md" }];
}
