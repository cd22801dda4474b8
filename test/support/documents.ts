/** Reads the project's documents, and finds the code in them: spans, fenced and indented blocks. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "./plugin_host.js";

/** All documents, as paths from the project's folder. */
export const documents: readonly string[] = [
  ...["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"],
  ...readdirSync(path.join(ROOT, "docs")).map((name) => `docs/${name}`),
  ...readdirSync(path.join(ROOT, "examples"), { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".md")).map((name) => `examples/${name}`),
];

/** Returns the text of a document. */
export function textOf(document: string): string {
  return readFileSync(path.join(ROOT, document), "utf8");
}

/** Returns the blocks of code, each without its indentation. */
export function codeBlocksOf(text: string): string[] {
  const blocks: string[][] = [];
  let isFenced = false;
  let isOpen = false;
  for (const line of text.split("\n")) {
    if (/^ *```/u.test(line)) {
      isFenced = !isFenced;
      isOpen = false;
      continue;
    }
    // A blank line ends an indented block unless an indented line follows.
    const isCode: boolean = isFenced || /^ {4}/u.test(line) || (isOpen && line === "");
    if (isCode && !isOpen) blocks.push([]);
    if (isCode) blocks.at(-1)?.push(line);
    isOpen = isCode;
  }
  return blocks.map(withoutIndentation);
}

function withoutIndentation(lines: readonly string[]): string {
  const indentation = Math.min(...lines.filter((line) => line.trim() !== "").map((line) => line.search(/\S/u)));
  return lines.map((line) => line.slice(indentation)).join("\n").trim();
}

/** Returns the code spans within sentences; a line break in a span becomes a blank. */
export function codeSpansOf(text: string): string[] {
  const prose = text.replaceAll(/^ *```[^]*?^ *```$/gmu, "").replaceAll(/^ {4}.*$/gmu, "");
  return prose.split(/\n\s*\n/u).flatMap((paragraph) => [...paragraph.matchAll(/`([^`]+)`/gu)].map(([, code = ""]) => code.replaceAll(/\s*\n\s*/gu, " ")));
}

/** Returns each line of code, without a shell's prompt; lines with a backslash at the end are joined. */
export function codeLinesOf(text: string): string[] {
  const lines = codeBlocksOf(text).flatMap((block) => block.replaceAll(/\\\n\s*/gu, "").split("\n"));
  return [...lines, ...codeSpansOf(text)].map((line) => line.trim().replace(/^\$ /u, ""));
}
