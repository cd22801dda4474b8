// What entries are taken to cost besides their data.
import { expect, it } from "vitest";
import { Entry, heapBytesOf, moveToOwnMemory } from "../../../src/pack/entry.js";
import { entryOf } from "../../support/entry.js";

it.each([
  ["no entries nothing", [], 0],
  ["plain entries a hundred bytes each", [1, 2], 200],
  ["aggregates fifty more for each of their events", [[1, 2, 3], [4]], 400],
] as const)("are %s", (_, events, bytes) => {
  expect(heapBytesOf(events.map((held) => entryOf({ events: held })))).toBe(bytes);
});

it("entries that move to own memory keep their data whatever is written to the memory that they leave", () => {
  const memory = Uint8Array.from([1, 2, 3, 4, 5, 6]);
  const entries = [new Entry(memory, 1, 3, "a", 3, 0), new Entry(memory, 3, 3, "b", 1, 1), new Entry(memory, 4, 6, "c", 3, 2)];
  expect(moveToOwnMemory(entries)).toBe(4);
  memory.fill(0);
  expect(entries.map(({ data }) => [...data])).toEqual([[2, 3], [], [5, 6]]);
  expect(moveToOwnMemory(entries.slice(2))).toBe(2);
  expect(entries.map(({ data }) => [...data])).toEqual([[2, 3], [], [5, 6]]);
});
