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

/** A processor of an input or output. Only YAML has them. */
export interface Processor extends Place {
  readonly name: string;
  readonly entries: readonly Entry[];
}

/** A section, or the entry of a list below `pipeline`. */
export interface Section extends Place {
  readonly kind: SectionKind;
  /** As written. */
  readonly name: string;
  readonly entries: Entry[];
  /** Those that its log records pass. */
  readonly processors: Processor[];
}

/** The container in which Fluent Bit runs, where the configuration is part of a text that describes it. */
export interface Container {
  /** Variables that are set in it; undefined for a value that is not in the text, such as that of a secret. */
  readonly variables: ReadonlyMap<string, string | undefined>;
  /** Whether it may have other variables too. */
  readonly hasMoreVariables: boolean;
  /** The words that start Fluent Bit; undefined where the image alone knows them. */
  readonly start: Start | undefined;
}

/** A command line of a container. */
export interface Start extends Place {
  readonly words: readonly string[];
  /** Whether it takes the place of the image's own command, with all options of that. */
  readonly replacesImage: boolean;
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
  /** Whether it names plugins to load, in a section of YAML. */
  hasPlugins: boolean;
  /** Whether it is a text inside of another file, so that the files beside it are not those of this machine. */
  isInside: boolean;
  /** Undefined where Fluent Bit runs in the environment of this command. */
  readonly container: Container | undefined;
}

/** An empty one, to be filled. */
export function emptyConfiguration(form: Configuration["form"], container?: Container): Configuration {
  return { form, sections: [], variables: new Map(), problems: [], hasRoutes: false, hasPlugins: false, isInside: false, container };
}

/** A complaint about the form of a file, which Fluent Bit does not start with. */
export function refused(place: Place, message: string, advice: string): Finding {
  return { severity: "error", place, rule: "form", message, advice };
}

/**
 * An included file that is not there.
 * @param container what holds the files, where Fluent Bit may find others that are not in it
 */
export function absentFile(wanted: string, place: Place, container: string | undefined, advice: string): Finding {
  if (container === undefined) return refused(place, `no file is found for '${wanted}'`, advice);
  const message = `'${wanted}' is not in ${container}, so it was not checked`;
  return { severity: "warning", place, rule: "form", message, advice: "See that Fluent Bit finds it where it runs, and check it by itself" };
}

/** Without the blanks around it that Fluent Bit takes away: isspace(3) knows none but ASCII's. */
export function trimmed(text: string): string {
  return text.replace(/^[\t-\r ]+|[\t-\r ]+$/gu, "");
}
