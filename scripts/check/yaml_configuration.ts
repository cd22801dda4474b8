/**
 * Reads YAML configurations: service, env, includes and pipeline.
 * Source: Fluent Bit, src/config_format/flb_cf_yaml.c, where every scalar is text.
 */
import path from "node:path";
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments } from "yaml";
import { absentFile, emptyConfiguration, refused, trimmed, type Configuration, type Entry, type Processor, type Section, type SectionKind } from "./configuration.js";
import { diskFiles, type ConfigurationFiles } from "./configuration_files.js";
import type { Place } from "./findings.js";
import { unreadablePlace } from "./yaml_characters.js";
import { tabbedLines } from "./yaml_tabs.js";

const pipelineKinds: Readonly<Record<string, SectionKind>> = { inputs: "input", filters: "filter", outputs: "output" };
const listSections = new Set(["parsers", "multiline_parsers", "stream_processor", "plugins", "upstream_servers"]);
/** Keys of an output or input that are not options. */
const nestedKeys = new Set(["processors", "routes"]);
const processorKinds = new Set(["logs", "metrics", "traces"]);
const listAdvice = "Write a list, with '- ' before each entry";
const formAdvice = "Correct it; often a ':' or the indentation of the line before is wrong";
const aliasAdvice = "Write '*' in quotes: bare, it refers to another value";
const mapAdvice = "Write names and values below it, each with ': ' between";

/**
 * Reads a file and the files that it includes; errors in them are added to the problems.
 * @throws when the file itself cannot be read
 */
export function readYaml(file: string, files = diskFiles, configuration = emptyConfiguration("YAML")): Configuration {
  new YamlReader(configuration, files).read(file);
  return configuration;
}

/**
 * Returns a camelCase key in snake_case, if it begins with a lower-case letter and has no underscore.
 * Source: Fluent Bit, src/config_format/flb_config_format.c, flb_cf_key_translate.
 */
export function translatedKey(key: string): string {
  if (!/^[a-z]/u.test(key) || key.includes("_")) return key;
  return key.replace(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`);
}

interface Pair {
  readonly key: string;
  readonly value: unknown;
  readonly place: Place;
}

class YamlReader {
  readonly #configuration: Configuration;
  readonly #files: ConfigurationFiles;
  readonly #read = new Set<string>();
  #hasService = false;

  constructor(configuration: Configuration, files: ConfigurationFiles) {
    this.#configuration = configuration;
    this.#files = files;
  }

  read(file: string): void {
    this.#read.add(this.#files.fullPath(file));
    const lineCounter = new LineCounter();
    const settings = { schema: "failsafe", uniqueKeys: false, prettyErrors: false, lineCounter } as const;
    const { text, place, isUtf8 = true } = this.#files.read(file);
    const parsed = parseAllDocuments(text, settings);
    const documents = Array.isArray(parsed) ? parsed : [];
    const at = (offset: number): Place => place(lineCounter.linePos(offset).line);
    const unreadable = unreadablePlace(text, isUtf8);
    if (unreadable !== undefined) return this.#refuse(at(unreadable.at), unreadable.message, unreadable.advice);
    for (const offset of tabbedLines(text, documents)) {
      this.#refuse(at(offset), "the line is indented with a tab, which Fluent Bit does not accept", "Use blanks, or empty the line");
    }
    for (const document of documents) {
      for (const { code, message, pos } of document.errors) this.#refuse(at(pos[0]), `this is not valid YAML: ${message}`, code === "BAD_ALIAS" ? aliasAdvice : formAdvice);
      if (document.errors.length === 0) this.#readTop(document.contents, at, file);
    }
  }

  #readTop(node: unknown, at: (offset: number) => Place, file: string): void {
    for (const { key, value, place } of this.#pairs(node, at, at(0), "the configuration")) {
      const name = key.toLowerCase();
      if (name === "service") this.#readService(value, at, place);
      else if (name === "env") this.#readEnv(value, at, place);
      else if (name === "includes") this.#readIncludes(value, at, place, file);
      else if (name === "pipeline") this.#readPipeline(value, at, place);
      else if (name === "customs") this.#readPlugins("custom", value, at, place);
      else if (listSections.has(name)) {
        if (!isSeq(value)) this.#refuse(place, `'${key}' is not a list`, listAdvice);
        else if (name === "plugins") this.#configuration.hasPlugins = true;
      } else if (name !== "extensions" && !isFlat(value)) {
        this.#refuse(place, `'${key}' is not a section that Fluent Bit knows`, "Write service, env, includes or pipeline; inputs, filters and outputs go below pipeline");
      }
    }
  }

  #readService(node: unknown, at: (offset: number) => Place, place: Place): void {
    if (this.#hasService) return this.#refuse(place, "'service' is repeated", "Merge both into one");
    this.#hasService = true;
    const entries = this.#pairs(node, at, place, "'service'")
      .filter(({ key }) => key.toLowerCase() !== "telemetry")
      .flatMap(({ key, value, place: where }) => {
        const text = scalarText(value);
        if (text === undefined) this.#refuse(where, `'${key}' of the service has no single value`, "Give it one");
        return text === undefined ? [] : [{ key: translatedKey(key), value: text, ...where }];
      });
    this.#configuration.sections.push({ kind: "service", name: "service", entries, processors: [], ...place });
  }

  /** Reads a map, or a list of maps with `name` and `value` or `uri`. */
  #readEnv(node: unknown, at: (offset: number) => Place, place: Place): void {
    const maps = isSeq(node) ? node.items : [node];
    for (const map of maps) {
      const pairs = this.#pairs(map, at, place, "'env'").map(({ key, value }) => [key, scalarText(value)] as const);
      if (pairs.some(([, value]) => value === undefined)) {
        this.#refuse(place, "a variable below 'env' has no single value", "Write name: value");
        continue;
      }
      const fields = new Map(pairs.map(([key, value]) => [key.toLowerCase(), value ?? ""]));
      const name = isSeq(node) ? fields.get("name") : undefined;
      const set = name === undefined ? pairs : [[name, fields.get("uri") ?? fields.get("value")] as const];
      for (const [variable, value] of set) this.#configuration.variables.set(variable, value ?? "");
    }
  }

  /** Reads the included files; their paths are relative to the including file. */
  #readIncludes(node: unknown, at: (offset: number) => Place, place: Place, file: string): void {
    if (!isSeq(node)) return this.#refuse(place, "'includes' is not a list", listAdvice);
    for (const item of node.items) {
      const wanted = scalarText(item);
      const where = placeOf(item, at) ?? place;
      if (wanted === undefined) {
        this.#refuse(where, "an entry of 'includes' is not a path", "Write a path");
        continue;
      }
      const full = wanted.startsWith("/") ? wanted : path.join(path.dirname(file), wanted);
      const files = wanted.includes("*") ? this.#files.match(full) : [full];
      if (files.length === 0) this.#missing(wanted, where);
      for (const included of files) this.#include(included, where);
    }
  }

  #missing(wanted: string, place: Place): void {
    this.#configuration.problems.push(absentFile(wanted, place, this.#files.container, "Correct the path, which is relative to the folder of this file"));
  }

  #include(file: string, place: Place): void {
    if (this.#files.container !== undefined && !this.#files.exists(file)) return this.#missing(file, place);
    if (this.#read.has(this.#files.fullPath(file))) return this.#refuse(place, `'${file}' has been read already, and Fluent Bit reads no file twice`, "Include it once");
    try {
      this.read(file);
    } catch (error) {
      this.#refuse(place, `'${file}' cannot be read: ${(error as Error).message}`, "Correct the path or the rights of the file");
    }
  }

  #readPipeline(node: unknown, at: (offset: number) => Place, place: Place): void {
    for (const { key, value, place: where } of this.#pairs(node, at, place, "'pipeline'")) {
      const kind = pipelineKinds[key.toLowerCase()];
      if (kind === undefined) this.#refuse(where, `'${key}' is not part of a pipeline`, "Write inputs, filters or outputs");
      else this.#readPlugins(kind, value, at, where);
    }
  }

  #readPlugins(kind: SectionKind, node: unknown, at: (offset: number) => Place, place: Place): void {
    if (!isSeq(node)) return this.#refuse(place, "this must be a list", listAdvice);
    for (const item of node.items) {
      const where = placeOf(item, at) ?? place;
      const section: Section = { kind, name: kind, entries: [], processors: [], ...where };
      this.#configuration.sections.push(section);
      for (const pair of this.#pairs(item, at, where, "the entry")) {
        section.entries.push(...this.#entries(pair, kind));
        if (pair.key === "processors") section.processors.push(...this.#processors(pair, at));
      }
    }
  }

  #entries({ key, value, place }: Pair, kind: SectionKind): Entry[] {
    const name = translatedKey(key);
    if (key === "routes") this.#configuration.hasRoutes = true;
    if (key === "routes" && kind === "input" && !isMap(value)) this.#refuse(place, "'routes' has no names with values", "Write logs below it, and a list of routes below that");
    if (key === "processors" && isSeq(value)) {
      const message = "'processors' is a list, and Fluent Bit ignores it";
      this.#configuration.problems.push({ severity: "error", place, rule: "processors", message, advice: "Write logs below it, and the list below that" });
    }
    if (nestedKeys.has(key) || (kind === "input" && key === "telemetry" && isMap(value))) return [];
    const text = scalarText(value);
    if (text !== undefined) {
      if (text !== "" && trimmed(text) === "") this.#refuse(place, `the value of '${key}' is blank`, "Give it one, or remove the line");
      return [{ key: name, value: trimmed(text), ...place }];
    }
    const listed = isSeq(value) ? value.items.map(scalarText) : [];
    if (listed.length > 0 && !listed.includes(undefined)) {
      return listed.map((each) => ({ key: name, value: each ?? "", listed: listed.length, ...place }));
    }
    const advice = isAlias(value) ? `Write it in quotes, '*${value.source}'; bare, the * refers to another value, which Fluent Bit does not know` : "Give it one";
    this.#refuse(place, `'${key}' has no single value`, advice);
    return [];
  }

  /** Returns the processors below `logs`, with their single-valued options. */
  #processors({ value, place }: Pair, at: (offset: number) => Place): Processor[] {
    if (!isMap(value)) return [];
    return this.#pairs(value, at, place, "'processors'").flatMap(({ key, value: listed, place: where }) => {
      if (!processorKinds.has(key.toLowerCase())) this.#refuse(where, `'${key}' is not a kind of processors`, "Write logs, metrics or traces");
      else if (!isSeq(listed)) this.#refuse(where, `'${key}' is not a list of processors`, listAdvice);
      const processors = isSeq(listed) ? listed.items.filter((item) => isMap(item)).map((item) => this.#processor(item, at, where)) : [];
      return key.toLowerCase() === "logs" ? processors : [];
    });
  }

  #processor(item: unknown, at: (offset: number) => Place, listPlace: Place): Processor {
    const place = placeOf(item, at) ?? listPlace;
    const pairs = this.#pairs(item, at, place, "the processor");
    const entries = pairs.map(({ key, value, place: line }) => ({ key: translatedKey(key), value: scalarText(value) ?? "", ...line }));
    const name = entries.find(({ key }) => key.toLowerCase() === "name")?.value;
    if (name === undefined) this.#refuse(place, "the processor has no name", "Add 'name', before its options");
    return { name: name ?? "", entries, ...place };
  }

  /** Returns the names and values of a map; adds a problem for any other node. */
  #pairs(node: unknown, at: (offset: number) => Place, place: Place, what: string): Pair[] {
    if (!isMap(node)) {
      this.#refuse(place, `${what} has no names with values`, mapAdvice);
      return [];
    }
    return node.items.flatMap(({ key, value }) => {
      const name = scalarText(key);
      const where = placeOf(key, at) ?? place;
      if (name === undefined) this.#refuse(where, "a name must be text", mapAdvice);
      return name === undefined ? [] : [{ key: name, value, place: where }];
    });
  }

  #refuse(place: Place, message: string, advice: string): void {
    this.#configuration.problems.push(refused(place, message, advice));
  }
}

/** Returns whether a node has only names with single values, which Fluent Bit accepts below an unknown name. */
function isFlat(node: unknown): boolean {
  return isMap(node) && node.items.every(({ value }) => scalarText(value) !== undefined);
}

/** Returns the text of a scalar; undefined for any other node, including aliases, which Fluent Bit does not support. */
function scalarText(node: unknown): string | undefined {
  if (node === null) return "";
  if (!isScalar(node)) return undefined;
  return typeof node.value === "string" ? node.value : "";
}

function placeOf(node: unknown, at: (offset: number) => Place): Place | undefined {
  const range: unknown = typeof node === "object" && node !== null ? Reflect.get(node, "range") : undefined;
  return Array.isArray(range) ? at(Number(range[0])) : undefined;
}
