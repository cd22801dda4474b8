/** Finds the compiled zones of the system's tz database. */
import type { LateBuiltIns } from "./binding.js";
import { readZoneFile, type ZoneFile } from "./zone_file.js";

/** Returns the file of a zone, read once; undefined where there is none. */
export type ZoneFiles = (name: string) => ZoneFile | undefined;

/** Where systems have the tz database. */
const systemZones = "/usr/share/zoneinfo";
/** The largest has 4 KB. */
const maxFileBytes = 64 * 1024;

/**
 * Returns a reader of the files in a folder.
 * @param loadFileSystem Node's module, which takes its time and which most outputs do not need
 * @param folder where the files are
 */
export function zoneFiles(loadFileSystem: () => LateBuiltIns["node:fs"], folder = systemZones): ZoneFiles {
  const files = new Map<string, ZoneFile | undefined>();
  const read = (path: string): ZoneFile | undefined => {
    const { readFileSync, statSync } = loadFileSystem();
    try {
      const stats = statSync(path);
      return stats.isFile() && stats.size <= maxFileBytes ? readZoneFile(readFileSync(path)) : undefined;
    } catch {
      // Systems without the tz database have no such file.
      return undefined;
    }
  };
  return (name) => {
    if (!files.has(name)) files.set(name, read(`${folder}/${name}`));
    return files.get(name);
  };
}
