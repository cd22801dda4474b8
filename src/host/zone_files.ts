/** Finds compiled zone files in the system's tz database. */
import type { LateBuiltIns } from "./binding.js";
import { readZoneFile, type ZoneFile } from "./zone_file.js";

/** Returns the file of a zone, read once; undefined when the tz database lacks it. */
export type ZoneFiles = (name: string) => ZoneFile | undefined;

/** Location of the tz database. */
const systemZones = "/usr/share/zoneinfo";
/** Maximum size of a zone file; the largest has 4 KB. */
const maxFileBytes = 64 * 1024;

/**
 * Returns a cached reader of the zone files in a folder.
 * @param loadFileSystem loads Node's module on first use: loading is slow, and most outputs do not need it
 * @param folder location of the zone files
 */
export function zoneFiles(loadFileSystem: () => LateBuiltIns["node:fs"], folder = systemZones): ZoneFiles {
  const files = new Map<string, ZoneFile | undefined>();
  const read = (path: string): ZoneFile | undefined => {
    const { readFileSync, statSync } = loadFileSystem();
    try {
      const stats = statSync(path);
      return stats.isFile() && stats.size <= maxFileBytes ? readZoneFile(readFileSync(path)) : undefined;
    } catch {
      // The system has no tz database, or no such zone.
      return undefined;
    }
  };
  return (name) => {
    if (!files.has(name)) files.set(name, read(`${folder}/${name}`));
    return files.get(name);
  };
}
