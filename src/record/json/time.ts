/** Formats times in a record's content as text: Fluent Bit's event time and msgpack's timestamp. */
import type { Input } from "../../chunk/msgpack.js";

const eventTimeExtension = 0;
const timestampExtension = -1;
const nanosecondsPerSecond = 1_000_000_000;
/** Length of `YYYY-MM-DDTHH:MM:SS.sssZ`. The text of a year before 0 or after 9999 is longer. */
const isoTextCharacters = 24;
/** Range of Date (ECMAScript, "Time Values and Time Range"). */
const maxDateMs = 8.64e15;

/**
 * Returns the RFC 3339 text of an extension that is a time, else undefined. As in the Go plugin, event times (type 0) are in
 * the local zone and timestamps (type -1; MessagePack specification, "Timestamp extension type") in UTC.
 */
export function timeText(input: Input, type: number, start: number, count: number): string | undefined {
  const { view } = input;
  if (type === eventTimeExtension && count >= 8) {
    return rfc3339(view.getUint32(start), view.getUint32(start + 4), true);
  }
  if (type !== timestampExtension) return undefined;
  switch (count) {
    case 4:
      return rfc3339(view.getUint32(start), 0, false);
    case 8: {
      // 30 bits of nanoseconds, then 34 of seconds.
      const high = view.getUint32(start);
      return rfc3339((high & 3) * 0x1_0000_0000 + view.getUint32(start + 4), high >>> 2, false);
    }
    case 12:
      return rfc3339(Number(view.getBigInt64(start + 4)), view.getUint32(start), false);
    default:
      return undefined;
  }
}

function rfc3339(wholeSeconds: number, moreNanoseconds: number, isLocal: boolean): string | undefined {
  const seconds = wholeSeconds + Math.floor(moreNanoseconds / nanosecondsPerSecond);
  const milliseconds = seconds * 1000;
  if (Math.abs(milliseconds) > maxDateMs) return undefined;
  const offsetMinutes = isLocal ? -new Date(milliseconds).getTimezoneOffset() : 0;
  const text = new Date(milliseconds + offsetMinutes * 60_000).toISOString();
  if (text.length !== isoTextCharacters) return undefined;
  const nanoseconds = moreNanoseconds % nanosecondsPerSecond;
  const fraction = nanoseconds === 0 ? "" : `.${padded(nanoseconds, 9).replace(/0+$/u, "")}`;
  return `${text.slice(0, -5)}${fraction}${zoneText(offsetMinutes)}`;
}

function zoneText(offsetMinutes: number): string {
  if (offsetMinutes === 0) return "Z";
  const minutes = Math.abs(offsetMinutes);
  const sign = offsetMinutes < 0 ? "-" : "+";
  return `${sign}${padded(Math.floor(minutes / 60), 2)}:${padded(minutes % 60, 2)}`;
}

function padded(value: number, digits: number): string {
  return String(value).padStart(digits, "0");
}
