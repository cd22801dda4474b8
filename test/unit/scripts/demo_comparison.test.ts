/** Tests the demonstration's comparison of sent lines and records that arrived. */
import { expect, it } from "vitest";
import { compareLines, comparisonText } from "../../../scripts/demo_comparison.js";
import { textOf as documentText } from "../../support/documents.js";

const textOf = (sent: readonly string[], arrived: readonly string[]) => comparisonText(sent.length, arrived.length, compareLines(sent, arrived));

it.each([
  ["all lines in another order", ["a", "b", "a"], ["a", "a", "b"], "In: 3 lines. Out: 3 records, 0 lines missing."],
  ["no lines", [], [], "In: 0 lines. Out: 0 records, 0 lines missing."],
  ["a line that did not arrive", ["a", "b"], ["a"], "In: 2 lines. Out: 1 records, 1 lines missing."],
  ["one of two equal lines that did not arrive", ["a", "a"], ["a"], "In: 2 lines. Out: 1 records, 1 lines missing."],
  ["a line that arrived twice", ["a", "b"], ["a", "b", "a"], "In: 2 lines. Out: 3 records, 0 lines missing, 1 surplus records."],
  ["one line twice and another one not", ["a", "b"], ["a", "a"], "In: 2 lines. Out: 2 records, 1 lines missing, 1 surplus records."],
])("the comparison counts %s", (_what, sent, arrived, text) => {
  expect(textOf(sent, arrived)).toBe(text);
});

it("the comparison is the one in the README", () => {
  const [line = "", lines] = /^ +In: (\d+) lines\..*$/mu.exec(documentText("README.md")) ?? [];
  const all = Number(lines);
  expect(line.trim()).toBe(comparisonText(all, all, { missing: 0, surplus: 0 }));
});
