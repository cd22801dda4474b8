/** A configuration of Fluent Bit, read from either form, classic or YAML. */
import type { Finding, Place } from "./findings.js";

/** A key with its value as written, with variables not yet replaced. */
export interface Entry extends Place {
  readonly key: string;
  readonly value: string;
  /** Number of values of a list in YAML: Fluent Bit sets the key once for each. */
  readonly listed?: number;
}

/** Fluent Bit's type of a section. Source: Fluent Bit, src/config_format/flb_config_format.c, get_section_type. */
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
  /** Processors of its log records. */
  readonly processors: Processor[];
}

/** The container in which Fluent Bit runs, if the file describes it together with the configuration. */
export interface Container {
  /** Variables that are set in it; undefined for a value that is not in the file, such as a secret's. */
  readonly variables: ReadonlyMap<string, string | undefined>;
  /** Whether it may have other variables too. */
  readonly hasMoreVariables: boolean;
  /** Command line that starts Fluent Bit; undefined if only the image has it. */
  readonly start: Start | undefined;
}

/** A command line of a container. */
export interface Start extends Place {
  readonly words: readonly string[];
  /** Whether it replaces the image's own command with all its options. */
  readonly replacesImage: boolean;
}

/** A whole configuration, with all included files. */
export interface Configuration {
  readonly form: "classic" | "YAML";
  readonly sections: Section[];
  /** Variables set by @SET or below `env`; they override the environment's. */
  readonly variables: Map<string, string>;
  /** Reasons why Fluent Bit rejects the files or reads them differently than they look. */
  readonly problems: Finding[];
  /** Whether an input has `routes`, by which records reach outputs without a Match. */
  hasRoutes: boolean;
  /** Whether it names plugins to load, in a section of YAML. */
  hasPlugins: boolean;
  /** Whether it is text inside another file, so that the paths in it are not of this machine. */
  isInside: boolean;
  /** Undefined where Fluent Bit runs in the environment of this command. */
  readonly container: Container | undefined;
}

/** Returns an empty configuration, for a reader to fill. */
export function emptyConfiguration(form: Configuration["form"], container?: Container): Configuration {
  return { form, sections: [], variables: new Map(), problems: [], hasRoutes: false, hasPlugins: false, isInside: false, container };
}

/** Returns the finding for a malformed file, with which Fluent Bit does not start. */
export function refused(place: Place, message: string, advice: string): Finding {
  return { severity: "error", place, rule: "form", message, advice };
}

/**
 * Returns the finding for an included file that does not exist.
 * @param container what holds the files, if Fluent Bit may find further files outside of it
 */
export function absentFile(wanted: string, place: Place, container: string | undefined, advice: string): Finding {
  if (container === undefined) return refused(place, `no file is found for '${wanted}'`, advice);
  const message = `'${wanted}' is not in ${container}, so it was not checked`;
  return { severity: "warning", place, rule: "form", message, advice: "Make sure that Fluent Bit finds it where it runs, and check it separately" };
}

/** Returns the text without the surrounding white space that Fluent Bit removes: only ASCII's, as in isspace(3). */
export function trimmed(text: string): string {
  return text.replace(/^[\t-\r ]+|[\t-\r ]+$/gu, "");
}
