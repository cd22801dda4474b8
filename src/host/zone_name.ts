/** Abbreviations of time zones where the system has none: Windows. */

/** No English has all of them: each knows those of its own part of the world, and writes others as "GMT+1". */
const locales = ["en-US", "en-GB", "en-AU", "en-IN", "en-NZ", "en-ZA"];

/**
 * The local zone's abbreviation at a time, such as "CEST"; for a zone without one its offset, such as "+03" or "+0545",
 * as in the tz database (theory.html, "Time zone abbreviations"). Empty at a time that is out of all calendars.
 */
export function zoneName(epochSeconds: number): string {
  const date = new Date(epochSeconds * 1000);
  if (Number.isNaN(date.getTime())) return "";
  for (const locale of locales) {
    const parts = new Intl.DateTimeFormat(locale, { timeZoneName: "short" }).formatToParts(date);
    const name = parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
    if (/^[A-Z]{2,5}$/.test(name)) return name;
  }
  const minutes = -date.getTimezoneOffset();
  const digits = (value: number) => String(value).padStart(2, "0");
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `${minutes < 0 ? "-" : "+"}${digits(hours)}${rest === 0 ? "" : digits(rest)}`;
}
