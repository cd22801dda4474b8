// Tests the table of entries: the fields of each row, also when the table grows, and the location of its data.
import { describe, expect, it } from "vitest";
import { ByteSink } from "../../../src/bytes/byte_sink.js";
import { minCapacity } from "../../../src/pack/columns.js";
import { EntryTable, type Entry } from "../../../src/pack/entry_table.js";
import { allViewsOf, entryOf, tableOf, type EntryParts } from "../../support/entry.js";

const textsOf = (table: EntryTable, entries: readonly Entry[]) => entries.map((entry) => Buffer.from(table.view(entry).data).toString());

/** Returns a table with entries of these texts, without keys. */
function textTable(...texts: readonly string[]): [EntryTable, Entry[]] {
  return tableOf(texts.map((text, events) => entryOf({ data: Buffer.from(text), events })));
}

describe("a table", () => {
  it.each([1, 2, 4].flatMap((times) => [-1, 0, 1].map((more) => times * minCapacity + more)))("of %i entries returns every field of each entry", (count) => {
    const parts = Array.from({ length: count }, (_, n): EntryParts => ({
      data: new Uint8Array(n % 7).fill(n),
      partitionKey: n % 3 === 0 ? undefined : `key ${n}`,
      sizeBytes: n,
      events: n % 5 === 0 ? [n, 2 * n, 3 * n] : n,
      shardId: n % 4 === 0 ? `shard ${n % 8}` : undefined,
      stream: n % 6 === 1 ? `stream ${n % 12}` : undefined,
    }));
    const [table, entries] = tableOf(parts.map(entryOf));
    expect(allViewsOf(table)).toEqual(parts.map(entryOf));
    expect(entries).toEqual(Array.from({ length: count }, (_, row) => row));
    expect(entries.map((entry) => table.userRecordsOf(entry))).toEqual(parts.map(({ events }) => [events].flat().length));
    expect([table.length, table.from(count - 1), table.from(count)]).toEqual([count, [count - 1], []]);
  });

  it("keeps the events of neighbouring aggregates apart", () => {
    const events = [[3, 1, 2], [9], [0, 4_294_967_295], [7]];
    const [table, entries] = tableOf(events.map((held) => entryOf({ events: held })));
    expect(entries.map((entry) => table.view(entry).events)).toEqual(events);
    expect(entries.map((entry) => table.userRecordsOf(entry))).toEqual([3, 1, 2, 1]);
  });

  it("returns undefined for random keys, and every other key", () => {
    const keys = [undefined, undefined, "a", undefined, "", "a", undefined];
    const [table] = tableOf(keys.map((partitionKey) => entryOf({ partitionKey })));
    expect(allViewsOf(table).map(({ partitionKey }) => partitionKey)).toEqual(keys);
  });

  it("finds the data of all entries after the sink has grown", () => {
    const table = new EntryTable(new ByteSink(8));
    const texts = Array.from({ length: 100 }, (_, n) => `${n};`.padEnd(1 + 40 * n, "."));
    for (const [event, text] of texts.entries()) {
      const start = table.sink.length;
      table.sink.append(Buffer.from(text));
      table.append(start, table.sink.length, undefined, text.length, event);
    }
    expect(textsOf(table, table.from(0))).toEqual(texts);
  });

  it("that is cleared has no entries, and reuses its memory for new ones", () => {
    const [table] = tableOf([0, 1].map((n) => entryOf({ data: Buffer.from("old"), partitionKey: `k${n}`, shardId: "s", stream: "t", events: [1, 2] })));
    const memory = table.sink.bytes;
    table.clear();
    expect([table.length, table.sink.length, table.from(0)]).toEqual([0, 0, []]);
    table.sink.append(Buffer.from("new"));
    table.append(0, 3, undefined, 11, 5);
    expect(allViewsOf(table)).toEqual([{ data: new Uint8Array(Buffer.from("new")), partitionKey: undefined, sizeBytes: 11, events: [5], shardId: undefined, stream: undefined }]);
    expect(table.sink.bytes).toBe(memory);
  });
});

describe("entries moved to the table's own memory", () => {
  it("keep their data when their old memory is overwritten", () => {
    const [table, [, second, third, fourth]] = textTable("one", "two", "", "four") as [EntryTable, [Entry, Entry, Entry, Entry]];
    const memory = table.sink.bytes;
    expect(table.moveToOwnMemory([second, third, fourth])).toBe(7);
    memory.fill(0);
    expect(textsOf(table, [second, third, fourth])).toEqual(["two", "", "four"]);
    expect(table.moveToOwnMemory([fourth])).toBe(4);
    expect(textsOf(table, [fourth])).toEqual(["four"]);
  });

  it("may be listed in any order, and more than once", () => {
    const [table, [first, second, third]] = textTable("one", "two", "three") as [EntryTable, [Entry, Entry, Entry]];
    expect(table.moveToOwnMemory([third, first, third])).toBe(8);
    expect(textsOf(table, [first, third])).toEqual(["one", "three"]);
    expect(table.dataBytesOf([first, third])).toBe(8);
    expect(second).toBe(1);
  });

  it("may be an empty list", () => {
    const [table] = textTable("one");
    expect(table.moveToOwnMemory([])).toBe(0);
    expect(table.sink.length).toBe(0);
  });

  it("do not change the old sink, and can be followed by further entries", () => {
    const [table, [first]] = textTable("one", "two") as [EntryTable, [Entry]];
    const { sink } = table;
    table.moveToOwnMemory([first]);
    table.sink.append(Buffer.from("later"));
    const later = table.append(3, 8, "k", 6, [4, 5]);
    expect(textsOf(table, [first, later])).toEqual(["one", "later"]);
    expect(Buffer.from(sink.bytes.subarray(0, sink.length)).toString()).toBe("onetwo");
  });
});

describe("entries kept apart in a second sink", () => {
  it("leave the first sink unchanged, and all data is found", () => {
    const [table, [first, second]] = textTable("one", "two") as [EntryTable, [Entry, Entry]];
    const { sink } = table;
    const memory = sink.bytes;
    const apart: Entry[] = [];
    for (const text of ["x".repeat(100_000), "y"]) {
      table.keepApart();
      const start = table.sink.length;
      table.sink.append(Buffer.from(text));
      apart.push(table.append(start, table.sink.length, undefined, text.length, 7));
    }
    expect(textsOf(table, [first, second, ...apart])).toEqual(["one", "two", "x".repeat(100_000), "y"]);
    expect([sink.length, sink.bytes]).toEqual([6, memory]);
    expect(apart.map((entry) => table.memoryOf(entry))).toEqual([table.sink.bytes, table.sink.bytes]);
  });

  it("can be moved to own memory with others, and further entries are kept apart again", () => {
    const [table, [, second]] = textTable("one", "two") as [EntryTable, [Entry, Entry]];
    const append = (text: string) => {
      table.keepApart();
      const start = table.sink.length;
      table.sink.append(Buffer.from(text));
      return table.append(start, table.sink.length, undefined, text.length, 7);
    };
    const [third, fourth] = [append("three"), append("four")];
    expect(table.moveToOwnMemory([fourth, second])).toBe(7);
    const own = table.sink;
    const fifth = append("five");
    expect(textsOf(table, [second, fourth, fifth])).toEqual(["two", "four", "five"]);
    expect([own.length, third]).toEqual([7, 2]);
  });

  it("are removed when the table is cleared; new entries use the first sink", () => {
    const [table] = textTable("one");
    const { sink } = table;
    table.keepApart();
    table.sink.append(Buffer.from("two"));
    table.append(0, 3, undefined, 3, 1);
    table.clear();
    expect([table.sink, sink.length, table.length]).toEqual([sink, 0, 0]);
    table.sink.append(Buffer.from("new"));
    expect(textsOf(table, [table.append(0, 3, undefined, 3, 1)])).toEqual(["new"]);
  });
});

describe("the memory of a table", () => {
  const columnBytes = 4 * minCapacity;

  it.each<[string, EntryParts[], number]>([
    ["without entries is one column of first events", [], columnBytes],
    ["with one entry is five columns and three places in lists", [{}], 5 * columnBytes + 24],
    ["with keys adds the texts of the keys", [{ partitionKey: "k" }, {}, { partitionKey: "key" }], 5 * columnBytes + 3 * 24 + 2 * 32 + 4],
    ["with shards and streams adds a column for each", [{ shardId: "s" }, { stream: "t" }], 7 * columnBytes + 2 * 24],
    ["with more events than the minimum capacity has a larger column", [{}, { events: Array.from({ length: minCapacity }, (_, n) => n) }], 6 * columnBytes + 2 * 24],
  ])("%s", (_, parts, bytes) => {
    const [table] = tableOf(parts.map(entryOf));
    expect(table.bytes).toBe(bytes);
  });
});
