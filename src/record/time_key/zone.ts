/** Time zones of time_key: local times and abbreviations. */

/** A zone of the tz database with its offset at one time. */
export interface ZoneOffset {
  readonly name: string;
  /** Seconds ahead of UTC. */
  readonly seconds: number;
}

/** Returns the abbreviation (such as CEST) at a time for a zone, by default the local one. */
export type ZoneAbbreviation = (epochSeconds: number, zone?: ZoneOffset) => string;

/** A time zone. */
export interface Zone {
  /** Returns a time as a date whose local getters (`getHours` and so on) return the zone's local time. */
  readonly dateAt: (epochSeconds: number) => Date;
  /** Returns the zone's abbreviation at a time. */
  readonly abbreviationAt: (epochSeconds: number) => string;
}

/** Returns the zone of the process. */
export function localZone(abbreviation: ZoneAbbreviation): Zone {
  return {
    dateAt: (epochSeconds) => new Date(epochSeconds * 1000),
    abbreviationAt: (epochSeconds) => abbreviation(epochSeconds),
  };
}

/** UTC, which needs no time zone data. */
export const utcZone: Zone = {
  dateAt: (epochSeconds) => new ZonedDate(epochSeconds, 0),
  abbreviationAt: () => "UTC",
};

/**
 * Returns a zone of the tz database.
 * @throws RangeError when there is no such zone, or when Node.js was built without Intl and so has no time zone data
 */
export function namedZone(name: string, abbreviation: ZoneAbbreviation): Zone {
  if ((globalThis as { readonly Intl?: unknown }).Intl === undefined) throw new RangeError("this Node.js was built without Intl and has only local and UTC");
  // Newer versions of Node.js would also accept offsets such as +01:00.
  if (!/^[a-z]/iu.test(name)) throw new RangeError("it is not the name of a zone");
  const offsets = new ZoneOffsets(name);
  return {
    dateAt: (epochSeconds) => new ZonedDate(epochSeconds, offsets.at(epochSeconds)),
    abbreviationAt: (epochSeconds) => abbreviation(epochSeconds, { name, seconds: offsets.at(epochSeconds) }),
  };
}

/** A date whose local getters return the time of a zone `offsetSeconds` ahead of UTC. */
class ZonedDate extends Date {
  readonly #local: Date;
  readonly #offsetSeconds: number;

  constructor(epochSeconds: number, offsetSeconds: number) {
    super(epochSeconds * 1000);
    this.#local = new Date((epochSeconds + offsetSeconds) * 1000);
    this.#offsetSeconds = offsetSeconds;
  }

  override getFullYear(): number {
    return this.#local.getUTCFullYear();
  }

  override getMonth(): number {
    return this.#local.getUTCMonth();
  }

  override getDate(): number {
    return this.#local.getUTCDate();
  }

  override getDay(): number {
    return this.#local.getUTCDay();
  }

  override getHours(): number {
    return this.#local.getUTCHours();
  }

  override getMinutes(): number {
    return this.#local.getUTCMinutes();
  }

  override getSeconds(): number {
    return this.#local.getUTCSeconds();
  }

  /** Returns the minutes by which UTC is ahead, rounded toward zero as in libc. */
  override getTimezoneOffset(): number {
    return -Math.trunc(this.#offsetSeconds / 60);
  }
}

const spanSeconds = 3600;

/** Offsets of a zone, cached: a query of Intl costs ten times as much as the rest of formatting a time. */
class ZoneOffsets {
  readonly #format: Intl.DateTimeFormat;
  /** First second of the cached span, in which the offset does not change. */
  #spanStart = Number.NaN;
  #spanOffset = 0;

  constructor(timeZone: string) {
    this.#format = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
  }

  /** Returns the seconds by which the zone is ahead of UTC; 0 for a time outside the range of Date. */
  at(epochSeconds: number): number {
    if (epochSeconds >= this.#spanStart && epochSeconds < this.#spanStart + spanSeconds) return this.#spanOffset;
    const start = Math.floor(epochSeconds / spanSeconds) * spanSeconds;
    const offset = this.#query(start);
    // No zone has ever changed its offset twice within an hour, so equal offsets at both ends hold for the whole span.
    if (offset !== this.#query(start + spanSeconds - 1)) return this.#query(epochSeconds);
    this.#spanStart = start;
    this.#spanOffset = offset;
    return offset;
  }

  #query(epochSeconds: number): number {
    const date = new Date(epochSeconds * 1000);
    if (Number.isNaN(date.getTime())) return 0;
    const name = this.#format.formatToParts(date).find(({ type }) => type === "timeZoneName")?.value ?? "";
    // GMT, GMT+05:30, GMT-04:56:02
    const [, sign, hours = 0, minutes = 0, seconds = 0] = /([+-])(\d\d):(\d\d)(?::(\d\d))?$/u.exec(name) ?? [];
    const offset = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
    return sign === "-" ? -offset : offset;
  }
}
