/** A configuration of Fluent Bit, whichever form it was written in. */
import type { Finding, Place } from "./findings.js";

/** A key with its value, as written: variables are not replaced yet. */
export interface Entry extends Place {
  readonly key: string;
  readonly value: string;
  /** How many values it has in YAML, where it is a list: Fluent Bit sets the key once for each. */
  readonly listed?: number;
}

/** What Fluent Bit makes of a section. Source: Fluent Bit, src/config_format/flb_config_format.c, get_section_type. */
export type SectionKind = "service" | "input" | "filter" | "output" | "custom" | "other";

/** A section, or the entry of a list below `pipeline`. */
export interface Section extends Place {
  readonly kind: SectionKind;
  /** As written. */
  readonly name: string;
  readonly entries: Entry[];
}

/** All that was read, with what was included. */
export interface Configuration {
  readonly form: "classic" | "YAML";
  readonly sections: Section[];
  /** Set by @SET or below `env`, where they go before those of the environment. */
  readonly variables: Map<string, string>;
  /** Why Fluent Bit refuses the files, or reads them in another way than they look. */
  readonly problems: Finding[];
  /** Whether an input has `routes`, by which records reach outputs without a Match. */
  hasRoutes: boolean;
}

/** An empty one, to be filled. */
export function emptyConfiguration(form: Configuration["form"]): Configuration {
  return { form, sections: [], variables: new Map(), problems: [], hasRoutes: false };
}

/** A complaint about the form of a file, which Fluent Bit does not start with. */
export function refused(place: Place, message: string, advice: string): Finding {
  return { severity: "error", place, rule: "form", message, advice };
}

/** Without the blanks around it that Fluent Bit takes away: isspace(3) knows none but ASCII's. */
export function trimmed(text: string): string {
  return text.replace(/^[\t-\r ]+|[\t-\r ]+$/gu, "");
}
