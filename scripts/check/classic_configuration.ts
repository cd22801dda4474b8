/**
 * Reads classic configurations: sections in brackets, indented keys and values, comments, @SET and @INCLUDE.
 * Source: Fluent Bit, src/config_format/flb_cf_fluentbit.c.
 */
import path from "node:path";
import { absentFile, emptyConfiguration, refused, trimmed, type Configuration, type Section, type SectionKind } from "./configuration.js";
import { diskFiles, type ConfigurationFiles, type ConfigurationText } from "./configuration_files.js";
import type { Place } from "./findings.js";

/** The first entry that starts with a section's name is its kind: Fluent Bit compares only as many letters as the name has. */
const kinds: readonly (readonly [name: string, kind: SectionKind])[] = [
  ...["service"].map((name) => [name, "service"] as const),
  ...["parser", "multiline_parser", "stream_processor", "plugins", "upstream_servers"].map((name) => [name, "other"] as const),
  ...["custom", "customs"].map((name) => [name, "custom"] as const),
  ...["input", "inputs"].map((name) => [name, "input"] as const),
  ...["filter", "filters"].map((name) => [name, "filter"] as const),
  ...["output", "outputs"].map((name) => [name, "output"] as const),
];
const shapeAdvice = "Write the name and the value with a blank between them, indented like the other keys of the file";

/**
 * Reads a file and the files that it includes; errors in them are added to the problems.
 * @throws when the file itself cannot be read
 */
export function readClassic(file: string, files = diskFiles, configuration = emptyConfiguration("classic")): Configuration {
  new ClassicReader(configuration, files, path.dirname(file)).read(file);
  return configuration;
}

class ClassicReader {
  readonly #configuration: Configuration;
  readonly #files: ConfigurationFiles;
  readonly #root: string;
  readonly #read = new Set<string>();

  constructor(configuration: Configuration, files: ConfigurationFiles, root: string) {
    this.#configuration = configuration;
    this.#files = files;
    this.#root = root;
  }

  read(file: string): void {
    this.#read.add(this.#files.identity(file));
    const state = new FileState(this.#configuration);
    const content = this.#files.read(file);
    this.#linesOf(content).forEach((text, index) => {
      const place = content.place(index + 1);
      if (text === "" || text.startsWith("#")) return;
      if (text.length > 9 && /^@include /iu.test(text)) this.#include(text.slice(9), place);
      else if (text.startsWith("@") && text.length > 3) this.#command(text, place);
      else state.take(text, place);
    });
  }

  /** Returns the lines without a byte order mark, each cut at a NUL as in C; no lines for a file that is not UTF-8. */
  #linesOf({ text, place: placeOf }: ConfigurationText): string[] {
    const place = placeOf(1);
    const advice = "Save it as UTF-8 without a byte order mark (BOM)";
    if (/^(?:.?\0|\ufffd)/su.test(text)) {
      this.#refuse(place, "the file is not UTF-8 text; perhaps it is in UTF-16", advice);
      return [];
    }
    const hasMark = text.startsWith("\ufeff");
    if (hasMark) this.#refuse(place, "the file begins with a byte order mark, which Fluent Bit takes for a key", advice);
    return text.slice(hasMark ? 1 : 0).split("\n").map((line) => line.replace(/\0.*$/su, "").replace(/\r$/u, ""));
  }

  /** Resolves a path with `*` in the main file's folder, any other path first in the working folder. */
  #include(wanted: string, place: Place): void {
    const inRoot = wanted.startsWith("/") ? wanted : path.join(this.#root, wanted);
    const isThere = (file: string) => this.#files.exists(file);
    const files = wanted.includes("*") ? this.#files.match(inRoot) : [wanted, inRoot].filter(isThere).slice(0, 1);
    if (files.length === 0) this.#missing(wanted, place);
    for (const file of files) this.#readIncluded(file, place);
  }

  #missing(wanted: string, place: Place): void {
    const advice = "Correct the path, which is relative to the main file's folder";
    this.#configuration.problems.push(absentFile(wanted, place, this.#files.container, advice));
  }

  #readIncluded(file: string, place: Place): void {
    try {
      if (this.#read.has(this.#files.identity(file))) this.#refuse(place, `'${file}' has been read already, and Fluent Bit reads no file twice`, "Include it once");
      else if (this.#files.isFolder(file)) this.#warn(place, `'${file}' is a folder, which Fluent Bit does not read`, "Append /*.conf to the path to read its files");
      else this.read(file);
    } catch (error) {
      this.#refuse(place, `'${file}' cannot be read: ${(error as Error).message}`, "Correct the path or the rights of the file");
    }
  }

  #command(text: string, place: Place): void {
    const blank = text.indexOf(" ");
    if (blank < 0) return this.#refuse(place, "a line that begins with @ is a command and needs a value", "Write @SET name=value or @INCLUDE path");
    const [command, parameters] = [text.slice(1, blank), trimmed(text.slice(blank + 1))];
    const equals = parameters.indexOf("=");
    if (command.toLowerCase() === "set" && equals >= 0) {
      this.#configuration.variables.set(parameters.slice(0, equals), parameters.slice(equals + 1));
      return;
    }
    this.#warn(place, "Fluent Bit ignores this line: it knows @SET name=value and @INCLUDE path", "Correct or remove it");
  }

  #warn(place: Place, message: string, advice: string): void {
    this.#configuration.problems.push({ severity: "warning", place, rule: "form", message, advice });
  }

  #refuse(place: Place, message: string, advice: string): void {
    this.#configuration.problems.push(refused(place, message, advice));
  }
}

/** Parser state of one file: its first key sets the indentation of all keys, and a section ends with the file. */
class FileState {
  readonly #configuration: Configuration;
  #indent: string | undefined;
  #section: Section | undefined;
  /** Whether keys belong to a group inside the section, not to the section itself. */
  #isInGroup = false;
  #isIndentReported = false;
  #isOutsideReported = false;

  constructor(configuration: Configuration) {
    this.#configuration = configuration;
  }

  /** Reads a line that is neither a comment nor a command. */
  take(text: string, place: Place): void {
    if (text.startsWith("[")) this.#begin(text, place);
    else this.#takeKey(text, place);
  }

  #begin(text: string, place: Place): void {
    this.#isInGroup = false;
    const end = text.indexOf("]");
    if (end < 0) return this.#refuse(place, "the section's name is not closed", "Write a ] after it");
    const name = text.slice(1, end);
    const lower = name.toLowerCase();
    const kind = name === "" ? "other" : (kinds.find(([full]) => full.startsWith(lower))?.[1] ?? "other");
    if (/^(?:multiline_)?parser$/u.test(lower)) this.#refuse(place, `[${name}] is not allowed in this file`, "Move it to a file that parsers_file names");
    if (lower === "plugins") this.#refuse(place, `[${name}] is not allowed in this file`, "Move it to a file that plugins_file names");
    this.#section = { kind, name, entries: [], processors: [], ...place };
    this.#configuration.sections.push(this.#section);
  }

  #takeKey(text: string, place: Place): void {
    if (this.#indent === undefined) {
      const blanks = /^[ \t]*/u.exec(text)?.[0] ?? "";
      if (blanks === "") return this.#takeUnindented(text, place);
      this.#indent = blanks;
    }
    const indent = this.#indent;
    const extra = text.startsWith(indent) ? (/^[ \t]*/u.exec(text.slice(indent.length))?.[0].length ?? 0) : -1;
    if (extra < 0 || (extra > 0 && extra !== indent.length)) this.#reportIndent(place);
    if (extra === 0) this.#isInGroup = false;
    const content = text.replace(/^[ \t]*/u, "");
    if (content !== "" && !content.startsWith("#")) this.#add(content, place);
  }

  #takeUnindented(text: string, place: Place): void {
    // Fluent Bit would take the line's first letter for the indentation of the file.
    this.#reportIndent(place);
    this.#add(text, place);
  }

  #reportIndent(place: Place): void {
    if (this.#isIndentReported) return;
    this.#isIndentReported = true;
    const message = "the line is not indented like the first key of the file (blank lines and comments count too)";
    this.#refuse(place, message, "Indent all keys, comments between them included, with the same blanks or tabs");
  }

  /** Reports the first such key only: the following ones have the same cause. */
  #reportOutside(key: string, place: Place): void {
    if (this.#isOutsideReported) return;
    this.#isOutsideReported = true;
    this.#refuse(place, `the key '${key}' is outside of a section`, "Begin a section such as [OUTPUT] before it");
  }

  #add(content: string, place: Place): void {
    const blank = content.indexOf(" ");
    if (blank < 0) return this.#refuse(place, "a key without a value, or with a tab before it", shapeAdvice);
    if (content.startsWith("[")) {
      if (!content.includes("]")) return this.#refuse(place, "the group's name is not closed", "Write a ] after it");
      if (this.#section === undefined) return this.#refuse(place, "a group outside of a section", "Begin a section before it");
      this.#isInGroup = true;
      return;
    }
    const [key, value] = [trimmed(content.slice(0, blank)), trimmed(content.slice(blank + 1))];
    if (value === "") return this.#refuse(place, `the key '${key}' has no value`, "Give it one, or remove the line");
    if (this.#section === undefined) return this.#reportOutside(key, place);
    if (!this.#isInGroup) this.#section.entries.push({ key, value, ...place });
  }

  #refuse(place: Place, message: string, advice: string): void {
    this.#configuration.problems.push(refused(place, message, advice));
  }
}
