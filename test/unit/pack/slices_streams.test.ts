// Tests the streams that records choose: by which keys, and how many per slice.
import { describe, expect, it } from "vitest";
import { ByteSink } from "../../../src/bytes/byte_sink.js";
import { EntryTable, type EntryView } from "../../../src/pack/entry_table.js";
import { chunkOf } from "../../support/event_chunk.js";
import { pipelineOf, type PluginOptions } from "../../support/recorded_pipeline.js";
import { allViewsOf, viewsOf } from "../../support/entry.js";

function entriesOf(options: PluginOptions, bodies: readonly object[], tag = "app.web.0"): { entries: EntryView[]; told: readonly unknown[]; slices: number } {
  const { pipeline, told } = pipelineOf(options);
  const chunk = pipeline.open(chunkOf(bodies), tag);
  const table = new EntryTable(new ByteSink());
  let slices = 0;
  for (; !chunk.isOver; slices++) chunk.next(table);
  return { entries: allViewsOf(table), told, slices };
}

describe("a record chooses its stream", () => {
  it.each<[string, PluginOptions, object, string | undefined]>([
    ["a key", { stream_key: "to" }, { to: "a" }, "a"],
    ["a nested key", { stream_key: "kubernetes->labels->stream" }, { kubernetes: { labels: { stream: "a" } } }, "a"],
    ["a number", { stream_key: "to" }, { to: 7 }, "7"],
    ["a part of the tag", { stream_key: "logs-$TAG[1]" }, {}, "logs-web"],
    ["the first present key of several", { stream_key: "to, $TAG[1]" }, {}, "web"],
    ["a key that data_keys removes", { stream_key: "to", data_keys: "log" }, { to: "a", log: "x" }, "a"],
    ["a key other than log_key", { stream_key: "to", log_key: "log" }, { to: "a", log: "x" }, "a"],
    ["a key before its dots are replaced", { stream_key: "a.b", replace_dots: "-" }, { "a.b": "a" }, "a"],
    ["a key that tag_key adds", { stream_key: "from", tag_key: "from" }, { from: "in the record" }, "app.web.0"],
    ["the output's own name", { stream: "own", stream_key: "to" }, { to: "own" }, undefined],
    ["a map", { stream_key: "to" }, { to: { a: 1 } }, undefined],
    ["a text with a blank", { stream_key: "to" }, { to: "a b" }, undefined],
    ["a text with a line break at its end", { stream_key: "to" }, { to: "a\n" }, undefined],
    ["letters beyond ASCII", { stream_key: "to" }, { to: "ä" }, undefined],
  ])("by %s", (_, options, body, expected) => {
    expect(entriesOf(options, [body]).entries.map(({ stream }) => stream)).toEqual([expected]);
  });

  it("independently of the records before it", () => {
    const { entries, told } = entriesOf({ stream_key: "to" }, [{ to: "a" }, {}, { to: "a" }, { to: "b" }, { to: "no name" }, { to: "b" }]);
    expect(entries.map(({ stream }) => stream)).toEqual(["a", undefined, "a", "b", undefined, "b"]);
    expect(told).toEqual([["without stream"], ["without stream"]]);
  });

  it("only with stream_key; without it, nothing is reported", () => {
    const { entries, told } = entriesOf({}, [{ to: "a" }]);
    expect([entries.map(({ stream }) => stream), told]).toEqual([[undefined], []]);
  });
});

it.each([
  [255, 1],
  [256, 2],
  [257, 2],
])("a chunk of %i streams has %i slices, since a full slice ends before the end of the chunk is known", (count, expected) => {
  const { entries, slices } = entriesOf({ stream_key: "to" }, Array.from({ length: count }, (_, n) => ({ to: `s${n}` })));
  expect(entries.map(({ stream }) => stream)).toEqual(Array.from({ length: count }, (_, n) => `s${n}`));
  expect(slices).toBe(expected);
});

it("records to aggregate are returned once, by takeGathered, with their streams", () => {
  const { pipeline } = pipelineOf({ stream_key: "to", aggregation: "true" });
  const slices = pipeline.open(chunkOf([{ to: "a" }, { to: "b" }, { to: "a" }]), "tag");
  const table = new EntryTable(new ByteSink());
  expect(slices.next(table)).toEqual([]);
  const records = slices.takeGathered();
  expect(slices.takeGathered()).toBeUndefined();
  expect(records?.streams).toEqual(["a", "b"]);
  const entries = records === undefined ? [] : slices.aggregate(records, table, () => undefined);
  expect(viewsOf(table, entries).map(({ stream, events }) => [stream, events])).toEqual([["a", [0, 2]], ["b", [1]]]);
});
