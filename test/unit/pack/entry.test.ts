// What entries are taken to cost besides their data.
import { expect, it } from "vitest";
import { heapBytesOf } from "../../../src/pack/entry.js";
import { entryOf } from "../../support/entry.js";

it.each([
  ["no entries nothing", [], 0],
  ["plain entries a hundred bytes each", [1, 2], 200],
  ["aggregates fifty more for each of their events", [[1, 2, 3], [4]], 400],
] as const)("are %s", (_, events, bytes) => {
  expect(heapBytesOf(events.map((held) => entryOf({ events: held })))).toBe(bytes);
});
