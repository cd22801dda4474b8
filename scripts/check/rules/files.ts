/** Finds missing files without which Fluent Bit does not start: parsers, plugins and scripts. */
import { existsSync } from "node:fs";
import path from "node:path";
import type { Finding } from "../findings.js";
import { Settings, isKnown, type Pipeline, type Setting } from "../outputs.js";

/**
 * Returns a finding for each missing file. Checks only configurations of this machine: a container has other files.
 * @param folder folder of the main file
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
 * Looks for a path in the working folder, as Fluent Bit does, then in the main file's folder. Accepts a path in a folder that
 * this machine does not have: it may be of another machine.
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
