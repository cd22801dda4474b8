/** Parses YAML and JSON files that contain a configuration, and finds the place of each node. */
import { readFileSync } from "node:fs";
import { isMap, isScalar, isSeq, LineCounter, parseAllDocuments } from "yaml";
import type { ConfigurationText } from "./configuration_files.js";
import type { Place } from "./findings.js";

/** A parsed text: the content of each document, and the errors with their places. */
export interface ParsedText {
  readonly text: string;
  readonly documents: readonly unknown[];
  readonly errors: readonly { readonly place: Place; readonly message: string }[];
  /** Returns the place of a node; the first line for any other value. */
  readonly placeOf: (node: unknown) => Place;
}

/** @throws when the file cannot be read */
export function parseFile(file: string): ParsedText {
  // JSON may be indented with tabs, which are an error in YAML. Blanks keep all places.
  const text = readFileSync(file, "utf8").replace(/^\ufeff/u, "");
  const isJson = /^\s*[[{]/u.test(text);
  const lineCounter = new LineCounter();
  const settings = { schema: "failsafe", uniqueKeys: false, prettyErrors: false, lineCounter } as const;
  const parsed = parseAllDocuments(isJson ? text.replaceAll("\t", " ") : text, settings);
  const documents = Array.isArray(parsed) ? parsed : [];
  const at = (offset: number): Place => ({ file, line: lineCounter.linePos(offset).line });
  return {
    text,
    documents: documents.map(({ contents }) => contents),
    errors: documents.flatMap(({ errors }) => errors.map(({ message, pos }) => ({ place: at(pos[0]), message }))),
    placeOf: (node) => at(offsetOf(node)),
  };
}

function offsetOf(node: unknown): number {
  const range: unknown = typeof node === "object" && node !== null ? Reflect.get(node, "range") : undefined;
  return Array.isArray(range) ? Number(range[0]) : 0;
}

/** Returns the node below a path of keys; undefined when the path leads nowhere. */
export function below(node: unknown, ...keys: readonly string[]): unknown {
  const [key, ...rest] = keys;
  if (key === undefined) return node;
  return isMap(node) ? below(node.get(key, true), ...rest) : undefined;
}

/** Returns the text of a scalar; undefined for any other node. */
export function textOf(node: unknown): string | undefined {
  return isScalar(node) && typeof node.value === "string" ? node.value : undefined;
}

/** Returns whether a scalar is written in quotes. */
export function isQuoted(node: unknown): boolean {
  return isScalar(node) && (node.type === "QUOTE_DOUBLE" || node.type === "QUOTE_SINGLE");
}

/** Returns the entries of a list; none for any other node. */
export function itemsOf(node: unknown): readonly unknown[] {
  return isSeq(node) ? node.items : [];
}

/** Returns the texts of a list of scalars. */
export function textsOf(node: unknown): string[] {
  return itemsOf(node).flatMap((item) => textOf(item) ?? []);
}

/** Returns the names and values of a map; none for any other node. */
export function pairsOf(node: unknown): { readonly key: string; readonly keyNode: unknown; readonly value: unknown }[] {
  return isMap(node) ? node.items.map(({ key, value }) => ({ key: textOf(key) ?? "", keyNode: key, value })) : [];
}

/** Returns the text of a scalar. Only in a literal block (`|`) does each line have a separate place. */
export function textInside(node: unknown, { placeOf }: ParsedText): ConfigurationText {
  const start = placeOf(node);
  const isLiteral = isScalar(node) && node.type === "BLOCK_LITERAL";
  return { text: textOf(node) ?? "", place: (line) => (isLiteral ? { ...start, line: start.line + line } : start) };
}
