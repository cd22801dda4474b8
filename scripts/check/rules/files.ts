/** Files without which Fluent Bit does not start: those of parsers, of plugins, and of scripts. */
import { existsSync } from "node:fs";
import path from "node:path";
import type { Finding } from "../findings.js";
import { Settings, isKnown, type Pipeline, type Setting } from "../outputs.js";

/**
 * Of this machine alone: in a container lie others.
 * @param folder that of the main file
 */
export function missingFiles({ configuration, service, read }: Pipeline, folder: string): Finding[] {
  if (configuration.isInside || configuration.container !== undefined) return [];
  const ofService = service.all.filter(({ name }) => name === "parsers_file" || name === "plugins_file");
  const scripts = configuration.sections.filter(({ kind }) => kind === "filter").flatMap(({ entries }) => {
    const settings = new Settings(entries, read);
    const script = settings.first("script");
    return settings.first("name")?.resolved.toLowerCase() === "lua" && script !== undefined ? [script] : [];
  });
  return [...ofService, ...scripts].flatMap((setting) => missing(setting, folder));
}

/**
 * A path is looked for where Fluent Bit is started, then beside the main file. One that leads to no folder of this machine may be
 * that of another one.
 */
function missing(setting: Setting, folder: string): Finding[] {
  const { key, resolved, file, line } = setting;
  if (!isKnown(setting) || resolved === "") return [];
  const candidates = [resolved, path.join(folder, resolved)];
  if (candidates.some((candidate) => existsSync(candidate))) return [];
  if (path.isAbsolute(resolved) && !existsSync(path.dirname(resolved))) return [];
  const message = `no file is found for '${key} ${resolved}', and Fluent Bit does not start without it`;
  return [{ severity: "error", place: { file, line }, rule: "missing-file", message, advice: "Correct the path, which is relative to the folder of the main file" }];
}
