/** Finds blank YAML lines with a tab, which Fluent Bit's libyaml rejects but the package yaml accepts. */
import { isScalar, isSeq, isMap, visit, type Document } from "yaml";

/**
 * Returns the offsets of such lines, with or without a comment after the tab, outside of scalars and of lists and maps in
 * brackets. Source: libyaml, src/scanner.c, yaml_parser_scan_to_next_token.
 */
export function tabbedLines(text: string, documents: readonly Document[]): number[] {
  const within: (readonly [start: number, end: number])[] = [];
  for (const document of documents) {
    visit(document, {
      Node(_, node) {
        const isBracketed = (isSeq(node) || isMap(node)) && node.flow === true;
        if ((isScalar(node) || isBracketed) && node.range) within.push([node.range[0], node.range[1]]);
      },
    });
  }
  return [...text.matchAll(/^ *\t[ \t]*(?:#.*)?\r?$/gmu)]
    .map(({ index }) => index)
    .filter((at) => !within.some(([start, end]) => start <= at && at < end));
}
