// Tests when `make bench-check` fails.
import { expect, it } from "vitest";
import { fallsOf, moreModest, ratiosOf } from "../../bench/baseline.js";
import type { Summary } from "../../bench/fluent_bit/comparison.js";
import type { Timing } from "../../bench/stage.js";

const timing = (name: string, ratio: number): Timing => ({ name, cpuMicroseconds: 1, wallMicroseconds: 1, ratio });
const summary = (variant: string, cpuToReference: number) => ({ variant, cpuToReference }) as Summary;

it("ratios compare a stage with its first other contender, and our variants' CPU with the C output's; higher is better", () => {
  const stage = { stage: "json", name: "logs", records: 1, bytesPerRecord: 1, timings: [timing("ours", 1), timing("objects", 8), timing("slow", 20)] };
  const summaries = [summary("null", 0), summary("c", 1), summary("ours", 0.5), summary("peer", 11)];
  const plain = { title: "plain", records: 7, latencyMs: 0, runs: 1, summaries };
  const withoutReference = { ...plain, title: "alone", summaries: [summary("ours", NaN)] };
  const ratios = ratiosOf({ stages: [stage], fluentBit: [plain, withoutReference] });
  expect([...ratios]).toEqual([["json: logs", 8], ["Fluent Bit, plain, 7 records: ours", 2]]);
});

it("with a slow endpoint the ratio compares the times from the first request to the last", () => {
  const summaries = [summary("c-tags8", 1), { ...summary("ours-tags8", 9), firstToLastToReference: 4 }];
  const ratios = ratiosOf({ stages: [], fluentBit: [{ title: "tags", records: 7, latencyMs: 20, runs: 1, summaries }] });
  expect([...ratios]).toEqual([["Fluent Bit, tags, 7 records, 20 ms: ours-tags8, first to last", 0.25]]);
});

it("a ratio fails if it drops by more than a fifth", () => {
  const committed = new Map([["a", 10], ["b", 10], ["c", 10]]);
  const now = new Map([["a", 8], ["b", 7.99], ["c", 12]]);
  expect(fallsOf(committed, now)).toEqual([{ what: "b", committed: 10, now: 7.99 }]);
});

it("a ratio that could not be measured has failed; a new or removed one has not", () => {
  expect(fallsOf(new Map([["a", 3], ["gone", 1]]), new Map([["a", NaN], ["new", 1]]))).toMatchObject([{ what: "a" }]);
});

it("of two timings of a stage the one with the smaller ratio is kept", () => {
  const stage = (name: string, ratio: number) =>
    ({ stage: "json", name, records: 1, bytesPerRecord: 1, timings: [timing("ours", 1), timing("objects", ratio)] });
  const kept = moreModest([stage("a", 9), stage("b", 4), stage("c", 2)], [stage("b", 5), stage("a", 8)]);
  expect(kept.map(({ timings }) => timings[1]?.ratio)).toEqual([8, 4, 2]);
});
