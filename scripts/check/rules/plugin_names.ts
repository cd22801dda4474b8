/** Finds unknown plugin names: Fluent Bit does not start with them, unless a plugin of that name is loaded. */
import { nearest } from "../../edit_distance.js";
import type { Finding, Place } from "../findings.js";
import { Settings, isKnown, type Pipeline } from "../outputs.js";
import { pluginNames } from "../plugin_names.js";

/** Returns a finding for each unknown plugin of a section, and for each processor with a likely misspelled name. */
export function unknownPlugins({ configuration, read }: Pipeline): Finding[] {
  return configuration.sections.flatMap(({ kind, entries, processors }) => {
    const names = pluginNames[kind];
    if (names === undefined) return [];
    // Of a repeated name the first counts. Source: src/config_format/flb_config_format.c, flb_cf_section_property_get_string.
    const setting = new Settings(entries, read).first("name");
    const own = setting === undefined || !isKnown(setting) ? [] : unknownName(kind, withoutAddress(setting.resolved), names, setting);
    return [...own, ...processors.flatMap(({ name, ...place }) => unknownName("processor", name, pluginNames.processor ?? [], place))];
  });
}

/** Removes the text from `://` on, which is not part of an output's name. Source: src/flb_output.c, check_protocol. */
function withoutAddress(name: string): string {
  return name.replace(/:\/\/.*$/su, "");
}

function unknownName(kind: string, name: string, names: readonly string[], { file, line }: Place): Finding[] {
  if (name === "" || names.includes(name.toLowerCase())) return [];
  const place = { file, line };
  const meant = nearest(name.toLowerCase().replace(/^"(.*)"$/u, "$1"), names);
  const message = `Fluent Bit 5.1 has no ${kind} '${name}', and does not start with it`;
  if (meant !== undefined) return [{ severity: "error", place, rule: "plugin-name", message: `${message}; did you mean '${meant}'?`, advice: `Write '${meant}'` }];
  // A newer version may have the processor.
  if (kind === "processor") return [];
  return [{ severity: "warning", place, rule: "plugin-name", message: `${message} unless a plugin of that name is loaded`, advice: "Correct the name, or name the plugin's file with -e or in plugins_file" }];
}
