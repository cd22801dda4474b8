/** Abbreviations of time zones, where libc has no answer: for zones other than the local one, and on Windows. */
import { readFileSync, statSync } from "node:fs";
import { readZoneFile, type ZoneFile } from "./zone_file.js";

/** A zone other than the local one, as it is at a time. */
export interface NamedZone {
  readonly name: string;
  /** Seconds ahead of UTC. */
  readonly seconds: number;
}

/** No English has all of them: each knows those of its own part of the world, and writes others as "GMT+1". */
const locales = ["en-US", "en-GB", "en-AU", "en-IN", "en-NZ", "en-ZA"];

/** Where systems have the tz database. */
const systemZones = "/usr/share/zoneinfo";
/** The largest has 4 KB. */
const mostFileBytes = 64 * 1024;
const files = new Map<string, ZoneFile | undefined>();

/**
 * A zone's abbreviation at a time, such as "CEST"; for a zone without one its offset, such as "+03" or "+0545",
 * as in the tz database (theory.html, "Time zone abbreviations"). Empty at a time that is out of all calendars.
 * @param zone the local one when undefined
 * @param zoneFolder of compiled zones; without the zone's file there, Intl is asked
 */
export function zoneName(epochSeconds: number, zone?: NamedZone, zoneFolder = systemZones): string {
  const date = new Date(epochSeconds * 1000);
  if (Number.isNaN(date.getTime())) return "";
  const known = zone === undefined ? undefined : fileOf(`${zoneFolder}/${zone.name}`)?.abbreviationAt(epochSeconds, zone.seconds);
  if (known !== undefined) return known;
  for (const locale of locales) {
    const parts = new Intl.DateTimeFormat(locale, { timeZone: zone?.name, timeZoneName: "short" }).formatToParts(date);
    const name = parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
    if (/^[A-Z]{2,5}$/.test(name)) return name;
  }
  const minutes = zone === undefined ? -date.getTimezoneOffset() : Math.trunc(zone.seconds / 60);
  const digits = (value: number) => String(value).padStart(2, "0");
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `${minutes < 0 ? "-" : "+"}${digits(hours)}${rest === 0 ? "" : digits(rest)}`;
}

/** Returns the file of a zone, read once. Intl knows the zone, so no other file is read. */
function fileOf(path: string): ZoneFile | undefined {
  if (!files.has(path)) files.set(path, readFile(path));
  return files.get(path);
}

function readFile(path: string): ZoneFile | undefined {
  try {
    const stats = statSync(path);
    return stats.isFile() && stats.size <= mostFileBytes ? readZoneFile(readFileSync(path)) : undefined;
  } catch {
    // Systems without the tz database have no such file.
    return undefined;
  }
}
