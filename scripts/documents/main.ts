/** `make documents`: writes the tables into the documents of this folder's project. */
import { readFileSync, writeFileSync } from "node:fs";
import { withPart, writtenParts } from "./documents.js";

/** Runs the command in the working folder. */
export function main(): void {
  for (const part of writtenParts()) {
    const text = readFileSync(part.document, "utf8");
    writeFileSync(part.document, withPart(text, part));
  }
}
