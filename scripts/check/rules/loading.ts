/** Checks that a container's command line loads the plugin when it replaces the image's own. */
import type { Finding } from "../findings.js";
import type { Pipeline } from "../outputs.js";

/** Returns a finding if the plugin is not loaded: Fluent Bit does not start with an unknown output. */
export function loading({ configuration, service, kinesis }: Pipeline): Finding[] {
  const start = configuration.container?.start;
  if (start === undefined || !start.replacesImage || kinesis.length === 0) return [];
  const isLoaded = /(?:^|\s)(?:-e|--plugin[\s=])\s*\S/u.test(start.words.join(" "));
  if (isLoaded || configuration.hasPlugins || service.last("plugins_file") !== undefined) return [];
  const message = "this command line replaces the image's, which loads the plugin, and does not load it. Fluent Bit then ends with: section 'kinesis' tried to instance a plugin name that doesn't exist";
  return [{ severity: "error", place: { file: start.file, line: start.line }, rule: "not-loaded", message, advice: "Add '-e' and '/fluent-bit/kinesis.so' to args, or name the file in plugins_file" }];
}
