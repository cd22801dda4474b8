// Tests that consumers read a log line with the bytes of an aggregate as one record.
import { describe, expect, it } from "vitest";
import type { EntryView } from "../../src/pack/entry_table.js";
import { maxRecordBytes } from "../../src/limits.js";
import { isAggregate, parseAggregate } from "../support/kpl_aggregate.js";
import { runPipeline, type PluginOptions } from "../support/recorded_pipeline.js";

const magic = Buffer.from("f3899ac2", "hex");
/** Begins like an aggregate; consumers check no more before they take a record apart. */
const forged = Buffer.concat([magic, Buffer.from("forged")]);

/** Returns a chunk of events with these lines as msgpack strings, which need not be UTF-8. */
function chunkOfLines(...lines: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(
    lines.map((line) => {
      const head = Buffer.from([0xdb, 0, 0, 0, 0]);
      head.writeUInt32BE(line.length, 1);
      return Buffer.concat([Buffer.from([0x92, 0x00, 0x82]), Buffer.from([0xa1, 0x6b, 0xa1, 0x79]), Buffer.from([0xa3]), Buffer.from("log"), head, line]);
    }),
  );
}

function entriesOf(lines: readonly Uint8Array[], options: PluginOptions = {}): readonly EntryView[] {
  return runPipeline({ log_key: "log", ...options }, chunkOfLines(...lines)).entries;
}

/** Returns the records that a deaggregating consumer reads from an entry. */
function readBy({ data }: EntryView): Buffer[] {
  if (!isAggregate(data)) return [Buffer.from(data)];
  return parseAggregate(data).records.map((record) => Buffer.from(record.data));
}

describe("a line that begins like an aggregate", () => {
  it.each([
    ["without a partition key", {}],
    ["with one", { partition_key: "k" }],
    ["with a newline", { append_newline: "true" }],
    ["with aggregation, when it is sent alone", { aggregation: "true", skip_aggregation_record_size: "1024" }],
    ["with aggregation, together with others", { aggregation: "true" }],
    ["with simple aggregation", { simple_aggregation: "true" }],
    ["with simple aggregation and a partition key", { simple_aggregation: "true", partition_key: "k" }],
  ] as const)("reaches consumers unchanged, %s", (_, options) => {
    const line = Buffer.concat([forged, Buffer.alloc(2000, "x")]);
    const others = [Buffer.from("one"), Buffer.from("two")];
    const sent = [others[0] as Buffer, line, others[1] as Buffer];
    const entries = entriesOf(sent, options);
    const newline = "append_newline" in options ? "\n" : "";
    expect(entries.flatMap(readBy).sort((a, b) => a.compare(b))).toEqual(
      sent.map((one) => Buffer.concat([one, Buffer.from(newline)])).sort((a, b) => a.compare(b)),
    );
  });

  it("keeps its partition key, in the request and in the aggregate", () => {
    const [entry] = entriesOf([forged], { partition_key: "k" });
    expect(entry?.partitionKey).toBe("y");
    expect(parseAggregate((entry as EntryView).data).partition_key_table).toEqual(["y"]);
    expect(entry?.sizeBytes).toBe((entry as EntryView).data.length + 1);
    expect(entry?.events).toEqual([0]);
  });

  it("of the maximum size is cut to fit into its aggregate", () => {
    const [entry] = entriesOf([Buffer.concat([forged, Buffer.alloc(maxRecordBytes, "x")])]) as [EntryView];
    expect(entry.sizeBytes).toBeLessThanOrEqual(maxRecordBytes);
    expect(entry.sizeBytes).toBeGreaterThan(maxRecordBytes - 10);
    expect(readBy(entry)[0]?.subarray(-14).toString()).toBe("[Truncated...]");
  });

  it.each([
    ["three of the magic number's bytes", magic.subarray(0, 3)],
    ["a different fourth byte", Buffer.from("f3899ac3ff", "hex")],
    ["the magic number after another byte", Buffer.concat([Buffer.from("x"), forged])],
  ])("is not wrapped if it has only %s", (_, line) => {
    expect(entriesOf([line]).map(({ data }) => Buffer.from(data))).toEqual([line]);
  });

  it("is not wrapped when compressed, since it then begins differently", () => {
    const [entry] = entriesOf([forged], { compression: "gzip" });
    expect((entry as EntryView).data[0]).toBe(0x1f);
  });
});
