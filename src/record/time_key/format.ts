/** Formats the time of time_key: compiles a strftime format once and caches the text of a second. */
import strftime from "strftime";
import type { Zone } from "./zone.js";

/** Default of time_key_format, the same as the Go plugin's. */
export const defaultTimeFormat = "%Y-%m-%dT%H:%M:%S";

type Part =
  | { readonly kind: "by second"; readonly text: (date: Date) => string }
  | { readonly kind: "by fraction"; readonly digits: number };

/** Composite letters as in the Go plugin's library (lestrrat-go/strftime, appendix "Supported conversion specifications"). */
const composites: Readonly<Record<string, string>> = {
  c: "%a %b %e %H:%M:%S %Y",
  D: "%m/%d/%y",
  F: "%Y-%m-%d",
  h: "%b",
  R: "%H:%M",
  r: "%I:%M:%S %p",
  T: "%H:%M:%S",
  v: "%e-%b-%Y",
  X: "%H:%M:%S",
  x: "%m/%d/%y",
};

/** Letters that the strftime package formats like strftime(3). */
const plainLetters = "AaBbCdeHIklMmnPpSstUuWwYyz%";

/** A compiled time_key_format. */
export class TimeFormat {
  readonly #parts: readonly Part[];
  readonly #bySecond: string[];
  readonly #zone: Zone;
  #cachedSeconds = Number.NaN;

  /**
   * @param format a format of strftime(3), also with %L (milliseconds), %f (microseconds), %3N, %6N and %9N
   * @throws RangeError that names the unknown letter
   */
  constructor(format: string, zone: Zone) {
    this.#parts = compile(format, zone);
    this.#zone = zone;
    this.#bySecond = new Array<string>(this.#parts.length).fill("");
  }

  /** Returns the text of a time in the zone. */
  format(seconds: number, nanoseconds: number): string {
    if (seconds !== this.#cachedSeconds) this.#renderSecond(seconds);
    let text = "";
    for (let index = 0; index < this.#parts.length; index++) {
      const part = this.#parts[index] as Part;
      text += part.kind === "by second" ? (this.#bySecond[index] as string) : fraction(nanoseconds, part.digits);
    }
    return text;
  }

  #renderSecond(seconds: number): void {
    const date = this.#zone.dateAt(seconds);
    for (let index = 0; index < this.#parts.length; index++) {
      const part = this.#parts[index] as Part;
      if (part.kind === "by second") this.#bySecond[index] = part.text(date);
    }
    this.#cachedSeconds = seconds;
  }
}

function compile(format: string, zone: Zone): Part[] {
  const parts: Part[] = [];
  let plain = "";
  const closePlain = () => {
    if (plain === "") return;
    const pattern = plain;
    parts.push({ kind: "by second", text: (date) => strftime(pattern, date) });
    plain = "";
  };
  const specifier = /%([EO]?)([369]N|.|$)|[^%]+/gsu;
  for (const match of format.matchAll(specifier)) {
    const [whole, modifier, letter] = match;
    if (letter === undefined) {
      plain += whole;
      continue;
    }
    const digits = fractionDigits(letter);
    if (digits !== undefined && modifier === "") {
      closePlain();
      parts.push({ kind: "by fraction", digits });
      continue;
    }
    const composite = composites[letter];
    const own = ownLetter(letter, zone);
    if (letter !== "" && plainLetters.includes(letter)) plain += `%${letter}`;
    else if (composite !== undefined) plain += composite;
    else if (own !== undefined) {
      closePlain();
      parts.push({ kind: "by second", text: own });
    } else {
      throw new RangeError(
        letter === "" ? `it ends with a lone "%"` : `"${whole}" is not a letter of strftime`,
      );
    }
  }
  closePlain();
  return parts;
}

function fractionDigits(letter: string): number | undefined {
  if (letter === "L") return 3;
  if (letter === "f") return 6;
  return letter.endsWith("N") && letter.length === 2 ? Number(letter[0]) : undefined;
}

function fraction(nanoseconds: number, digits: number): string {
  return String(Math.floor(nanoseconds / 10 ** (9 - digits))).padStart(digits, "0");
}

/** Returns the formatter of a letter that the strftime package lacks or formats differently. */
function ownLetter(letter: string, zone: Zone): ((date: Date) => string) | undefined {
  switch (letter) {
    case "V":
      return (date) => String(isoWeek(date).week).padStart(2, "0");
    case "G":
      return (date) => String(isoWeek(date).year);
    case "g":
      return (date) => String(isoWeek(date).year % 100).padStart(2, "0");
    // The package counts local time from the last second of the old year, which is wrong at midnight and in summer time.
    case "j":
      return (date) => String(dayOfYear(date)).padStart(3, "0");
    case "Z":
      return (date) => zone.abbreviationAt(Math.floor(date.getTime() / 1000));
    default:
      return undefined;
  }
}

const millisecondsPerDay = 86_400_000;

/** Returns the day of the year, from 1. Computes in UTC, where all days have the same length. */
function dayOfYear(date: Date): number {
  const day = Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return (day - Date.UTC(date.getFullYear(), 0, 1)) / millisecondsPerDay + 1;
}

/** Returns the week and year of ISO 8601, section 3.1.1.23: a week belongs to the year of its Thursday. */
function isoWeek(date: Date): { year: number; week: number } {
  const day = Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  const mondayBased = (date.getDay() + 6) % 7;
  const thursday = day + (3 - mondayBased) * millisecondsPerDay;
  const year = new Date(thursday).getUTCFullYear();
  const week = Math.floor((thursday - Date.UTC(year, 0, 1)) / (7 * millisecondsPerDay)) + 1;
  return { year, week };
}
