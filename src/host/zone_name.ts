/** Finds time zone abbreviations where libc has none: for zones other than the local one, and on Windows. */
import type { ZoneFiles } from "./zone_files.js";

/** A zone other than the local one, with its offset at a time. */
export interface NamedZone {
  readonly name: string;
  /** Seconds ahead of UTC. */
  readonly seconds: number;
}

/** Locales to try: each knows only the abbreviations of its own region, and writes others as "GMT+1". */
const locales = ["en-US", "en-GB", "en-AU", "en-IN", "en-NZ", "en-ZA"];

/**
 * Returns a zone's abbreviation at a time, such as "CEST", or its offset, such as "+03" or "+0545", when it has no abbreviation,
 * as in the tz database (theory.html, "Time zone abbreviations"). Returns an empty text for a time beyond the range of `Date`.
 * @param zone the local zone when undefined
 * @param files the compiled zone files; Intl serves zones without a file
 */
export function zoneName(epochSeconds: number, zone?: NamedZone, files?: ZoneFiles): string {
  const date = new Date(epochSeconds * 1000);
  if (Number.isNaN(date.getTime())) return "";
  const known = zone === undefined ? undefined : files?.(zone.name)?.abbreviationAt(epochSeconds, zone.seconds);
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
