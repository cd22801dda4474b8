/** The zones of time_key: what their clocks show at a time. */

/** A zone of the tz database, as it is at a time. */
export interface ZoneOffset {
  readonly name: string;
  /** Seconds ahead of UTC. */
  readonly seconds: number;
}

/** Returns a zone's abbreviation (such as CEST) at a time in seconds since the epoch; the local zone's without a zone. */
export type ZoneAbbreviation = (epochSeconds: number, zone?: ZoneOffset) => string;

/** A zone. */
export interface Zone {
  /** Returns the date of a time, whose getters for the local time (`getHours` and so on) are those of the zone. */
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

/** UTC, which needs no data of zones. */
export const utcZone: Zone = {
  dateAt: (epochSeconds) => new ZonedDate(epochSeconds, 0),
  abbreviationAt: () => "UTC",
};

/**
 * Returns a zone of the tz database.
 * @throws RangeError when there is no such zone, or no data of zones at all: then Node.js was built without Intl
 */
export function namedZone(name: string, abbreviation: ZoneAbbreviation): Zone {
  if ((globalThis as { readonly Intl?: unknown }).Intl === undefined) throw new RangeError("this Node.js was built without Intl and knows no other zones");
  // Newer versions of Node.js take offsets such as +01:00 too.
  if (!/^[a-z]/iu.test(name)) throw new RangeError("it is not the name of a zone");
  const offsets = new ZoneOffsets(name);
  return {
    dateAt: (epochSeconds) => new ZonedDate(epochSeconds, offsets.at(epochSeconds)),
    abbreviationAt: (epochSeconds) => abbreviation(epochSeconds, { name, seconds: offsets.at(epochSeconds) }),
  };
}

/** A date whose getters for the local time are those of a place that is some seconds ahead of UTC. */
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

  /** Minutes that UTC is ahead, whole, as libc writes them. */
  override getTimezoneOffset(): number {
    return -Math.trunc(this.#offsetSeconds / 60);
  }
}

const spanSeconds = 3600;

/** A zone's offsets. To ask Intl costs ten times what the rest of a time's text does. */
class ZoneOffsets {
  readonly #format: Intl.DateTimeFormat;
  /** First second of a span of time in which the offset does not change. */
  #spanStart = Number.NaN;
  #spanOffset = 0;

  constructor(timeZone: string) {
    this.#format = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
  }

  /** Returns by how many seconds the zone is ahead of UTC; 0 at a time that is out of all calendars. */
  at(epochSeconds: number): number {
    if (epochSeconds >= this.#spanStart && epochSeconds < this.#spanStart + spanSeconds) return this.#spanOffset;
    const start = Math.floor(epochSeconds / spanSeconds) * spanSeconds;
    const offset = this.#ask(start);
    // No zone has changed its offset twice within an hour.
    if (offset !== this.#ask(start + spanSeconds - 1)) return this.#ask(epochSeconds);
    this.#spanStart = start;
    this.#spanOffset = offset;
    return offset;
  }

  #ask(epochSeconds: number): number {
    const date = new Date(epochSeconds * 1000);
    if (Number.isNaN(date.getTime())) return 0;
    const name = this.#format.formatToParts(date).find(({ type }) => type === "timeZoneName")?.value ?? "";
    // GMT, GMT+05:30, GMT-04:56:02
    const [, sign, hours = 0, minutes = 0, seconds = 0] = /([+-])(\d\d):(\d\d)(?::(\d\d))?$/u.exec(name) ?? [];
    const offset = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
    return sign === "-" ? -offset : offset;
  }
}
