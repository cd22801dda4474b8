/** Reads time zone abbreviations from a compiled zone file, such as those in /usr/share/zoneinfo. */

/** Source of the layout: RFC 9636, The Time Zone Information Format (TZif), section 3. */
const headerBytes = 44;
const typeBytes = 6;
const oldTimeBytes = 4;
const timeBytes = 8;

interface LocalTimeType {
  readonly offsetSeconds: number;
  readonly abbreviation: string;
}

interface Counts {
  readonly ut: number;
  readonly standard: number;
  readonly leap: number;
  readonly times: number;
  readonly types: number;
  readonly characters: number;
}

/** A compiled zone. */
export interface ZoneFile {
  /** Returns the abbreviation at a time; undefined when the file has another offset at that time. */
  readonly abbreviationAt: (epochSeconds: number, offsetSeconds: number) => string | undefined;
}

/** Parses a file; returns undefined when the file is not a compiled zone of version 2 or later, or is damaged. */
export function readZoneFile(bytes: Uint8Array): ZoneFile | undefined {
  try {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const isZone = text(bytes, 0, 4) === "TZif" && view.getUint8(4) >= 0x32;
    return isZone ? readBody(bytes, view) : undefined;
  } catch (error) {
    // A read beyond the file's end.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function readBody(bytes: Uint8Array, view: DataView): ZoneFile {
  // The version 1 block, with 32-bit times, precedes the block with 64-bit times.
  const second = headerBytes + dataBytes(readCounts(view, 0), oldTimeBytes);
  const counts = readCounts(view, second);
  const timesStart = second + headerBytes;
  const indexStart = timesStart + counts.times * timeBytes;
  const typesStart = indexStart + counts.times;
  const textStart = typesStart + counts.types * typeBytes;
  const times = Array.from({ length: counts.times }, (_, index) => Number(view.getBigInt64(timesStart + index * timeBytes)));
  const types = Array.from({ length: counts.types }, (_, index): LocalTimeType => {
    const start = typesStart + index * typeBytes;
    return { offsetSeconds: view.getInt32(start), abbreviation: untilZero(bytes, textStart + view.getUint8(start + 5)) };
  });
  const typeOf = times.map((_, index) => types[view.getUint8(indexStart + index)]);
  const rule = ruleTypes(text(bytes, timesStart + dataBytes(counts, timeBytes), bytes.length));
  return {
    abbreviationAt: (epochSeconds, offsetSeconds) => {
      const later = times.findIndex((time) => time > epochSeconds);
      const candidates = later < 0 && rule.length > 0 ? rule : [later === 0 || times.length === 0 ? types[0] : typeOf.at(later < 0 ? -1 : later - 1)];
      return candidates.find((type) => type?.offsetSeconds === offsetSeconds)?.abbreviation;
    },
  };
}

function readCounts(view: DataView, start: number): Counts {
  const count = (index: number) => view.getUint32(start + 20 + index * 4);
  return { ut: count(0), standard: count(1), leap: count(2), times: count(3), types: count(4), characters: count(5) };
}

function dataBytes({ ut, standard, leap, times, types, characters }: Counts, bytesOfTime: number): number {
  return times * (bytesOfTime + 1) + types * typeBytes + characters + leap * (bytesOfTime + 4) + standard + ut;
}

/** Parses the types of the rule that applies after the last change, such as `CET-1CEST,M3.5.0,M10.5.0/3` (POSIX, TZ). */
function ruleTypes(footer: string): LocalTimeType[] {
  const rule = /^\n(<[^>]+>|[A-Za-z]+)([+-]?[\d:]+)(?:(<[^>]+>|[A-Za-z]+)([+-]?[\d:]+)?)?/u.exec(footer);
  if (rule === null) return [];
  const [, standard = "", behind = "", summer, summerBehind] = rule;
  const plain = (name: string) => name.replace(/[<>]/gu, "");
  const offsetSeconds = -secondsOf(behind);
  const first = { offsetSeconds, abbreviation: plain(standard) };
  if (summer === undefined) return [first];
  return [first, { offsetSeconds: summerBehind === undefined ? offsetSeconds + 3600 : -secondsOf(summerBehind), abbreviation: plain(summer) }];
}

/** Parses a clock value such as `3`, `-1` or `5:45:00` into seconds. */
function secondsOf(clock: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = clock.replace(/^[+-]/u, "").split(":").map(Number);
  const all = hours * 3600 + minutes * 60 + seconds;
  return clock.startsWith("-") ? -all : all;
}

function untilZero(bytes: Uint8Array, start: number): string {
  const end = bytes.indexOf(0, start);
  if (end < 0) throw new RangeError("Unterminated text");
  return text(bytes, start, end);
}

function text(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, end));
}
