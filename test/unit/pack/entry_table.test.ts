// The table of a slice's entries: what each row has, also when the table grows, and where its data lies.
import { describe, expect, it } from "vitest";
import { ByteSink } from "../../../src/bytes/byte_sink.js";
import { minCapacity } from "../../../src/pack/columns.js";
import { EntryTable, type Entry } from "../../../src/pack/entry_table.js";
import { allViewsOf, entryOf, tableOf, type EntryParts } from "../../support/entry.js";

const textsOf = (table: EntryTable, entries: readonly Entry[]) => entries.map((entry) => Buffer.from(table.view(entry).data).toString());

/** Entries of these texts and no keys. */
function textTable(...texts: readonly string[]): [EntryTable, Entry[]] {
  return tableOf(texts.map((text, events) => entryOf({ data: Buffer.from(text), events })));
}

describe("a table", () => {
  it.each([1, 2, 4].flatMap((times) => [-1, 0, 1].map((more) => times * minCapacity + more)))("of %i entries has all of each", (count) => {
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

  it("keeps the events of aggregates apart from those of their neighbours", () => {
    const events = [[3, 1, 2], [9], [0, 4_294_967_295], [7]];
    const [table, entries] = tableOf(events.map((held) => entryOf({ events: held })));
    expect(entries.map((entry) => table.view(entry).events)).toEqual(events);
    expect(entries.map((entry) => table.userRecordsOf(entry))).toEqual([3, 1, 2, 1]);
  });

  it("has no key for entries whose key is random, and the key of each other one", () => {
    const keys = [undefined, undefined, "a", undefined, "", "a", undefined];
    const [table] = tableOf(keys.map((partitionKey) => entryOf({ partitionKey })));
    expect(allViewsOf(table).map(({ partitionKey }) => partitionKey)).toEqual(keys);
  });

  it("finds the data of all entries when the sink has moved to a larger memory", () => {
    const table = new EntryTable(new ByteSink(8));
    const texts = Array.from({ length: 100 }, (_, n) => `${n};`.padEnd(1 + 40 * n, "."));
    for (const [event, text] of texts.entries()) {
      const start = table.sink.length;
      table.sink.append(Buffer.from(text));
      table.append(start, table.sink.length, undefined, text.length, event);
    }
    expect(textsOf(table, table.from(0))).toEqual(texts);
  });

  it("that is cleared has nothing of what it had, and takes other entries in the same memory", () => {
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

describe("entries that move to own memory", () => {
  it("keep their data whatever is written to the memory that they leave", () => {
    const [table, [, second, third, fourth]] = textTable("one", "two", "", "four") as [EntryTable, [Entry, Entry, Entry, Entry]];
    const memory = table.sink.bytes;
    expect(table.moveToOwnMemory([second, third, fourth])).toBe(7);
    memory.fill(0);
    expect(textsOf(table, [second, third, fourth])).toEqual(["two", "", "four"]);
    expect(table.moveToOwnMemory([fourth])).toBe(4);
    expect(textsOf(table, [fourth])).toEqual(["four"]);
  });

  it("may come in any order, and more than once", () => {
    const [table, [first, second, third]] = textTable("one", "two", "three") as [EntryTable, [Entry, Entry, Entry]];
    expect(table.moveToOwnMemory([third, first, third])).toBe(8);
    expect(textsOf(table, [first, third])).toEqual(["one", "three"]);
    expect(table.dataBytesOf([first, third])).toBe(8);
    expect(second).toBe(1);
  });

  it("may be none", () => {
    const [table] = textTable("one");
    expect(table.moveToOwnMemory([])).toBe(0);
    expect(table.sink.length).toBe(0);
  });

  it("leave the sink alone, and let further entries follow them", () => {
    const [table, [first]] = textTable("one", "two") as [EntryTable, [Entry]];
    const { sink } = table;
    table.moveToOwnMemory([first]);
    table.sink.append(Buffer.from("later"));
    const later = table.append(3, 8, "k", 6, [4, 5]);
    expect(textsOf(table, [first, later])).toEqual(["one", "later"]);
    expect(Buffer.from(sink.bytes.subarray(0, sink.length)).toString()).toBe("onetwo");
  });
});

describe("entries whose data is kept apart", () => {
  it("leave the first sink as it is, and all data is found", () => {
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

  it("move to own memory with others, and are apart again from what is there then", () => {
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

  it("are gone when the table is cleared, which goes on in the first sink", () => {
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
    ["no entries is that of the column that marks where events begin", [], columnBytes],
    ["one entry is that of five columns, and of three lists", [{}], 5 * columnBytes + 24],
    ["keys is that of their texts besides", [{ partitionKey: "k" }, {}, { partitionKey: "key" }], 5 * columnBytes + 3 * 24 + 2 * 32 + 4],
    ["shards and streams is that of a column each", [{ shardId: "s" }, { stream: "t" }], 7 * columnBytes + 2 * 24],
    ["more events than a column holds is that of a larger column", [{}, { events: Array.from({ length: minCapacity }, (_, n) => n) }], 6 * columnBytes + 2 * 24],
  ])("of %s", (_, parts, bytes) => {
    const [table] = tableOf(parts.map(entryOf));
    expect(table.bytes).toBe(bytes);
  });
});
