/** Runs `make documents`, which writes the tables into the documents. */
import { readFileSync, writeFileSync } from "node:fs";
import { withPart, writtenParts } from "./documents.js";

/** Writes all parts into the documents below the working folder. */
export function main(): void {
  for (const part of writtenParts()) {
    const text = readFileSync(part.document, "utf8");
    writeFileSync(part.document, withPart(text, part));
  }
}
