/** Tests that printing ends at the requested number, waits for a slow pipe, and notices a closed one. */
import { PassThrough, Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { isClosedPipe, PipeWriter } from "../../../../scripts/tail/pipe_writer.js";
import { RecordPrinter } from "../../../../scripts/tail/printing.js";
import type { StreamRecord } from "../../../../scripts/tail/stream_api.js";
import { settled } from "../../../support/fake_clock.js";
import { writeAggregate } from "../../../support/kpl_aggregate.js";

const plain = (data: Uint8Array): StreamRecord => ({ sequenceNumber: "1", time: undefined, partitionKey: "k", data });
const aggregateOf = (...texts: string[]): StreamRecord => {
  const records = texts.map((text) => ({ partition_key_index: 0, data: Buffer.from(text) }));
  return plain(writeAggregate({ partition_key_table: ["k"], records }));
};

interface Printing {
  readonly printer: RecordPrinter;
  readonly written: string[];
  /** Number of records that had been formatted at each write. */
  readonly made: number[];
  readonly ends: () => number;
}

function printerOf(most: number | undefined): Printing {
  const written: string[] = [];
  const made: number[] = [];
  let lines = 0;
  let ends = 0;
  const write = (text: string, isOut: () => void): Promise<void> => {
    written.push(text);
    made.push(lines);
    isOut();
    return settled();
  };
  const lineOf = ({ data }: { data: Uint8Array }): string => {
    lines++;
    return Buffer.from(data).toString();
  };
  const printer = new RecordPrinter(lineOf, write, most, () => ends++);
  return { printer, written, made, ends: () => ends };
}

describe("printing", () => {
  it("writes all user records, one per line", async () => {
    const { printer, written, ends } = printerOf(undefined);
    await printer.take("a", [aggregateOf("1", "2"), plain(Buffer.from("3")), aggregateOf()]);
    expect(written.join("")).toBe("1\n2\n3\n");
    expect([printer.printed, ends()]).toEqual([3, 0]);
  });

  it.each([[2, "1\n2\n", 1], [3, "1\n2\n3\n", 1], [4, "1\n2\n3\n4\n", 1], [5, "1\n2\n3\n4\n", 0]])(
    "ends after %i user records, also inside an aggregate",
    async (most, expected, ended) => {
      const { printer, written, ends } = printerOf(most);
      await printer.take("a", [aggregateOf("1", "2", "3"), plain(Buffer.from("4"))]);
      expect(written.join("")).toBe(expected);
      expect(ends()).toBe(ended);
    },
  );

  it("counts records of shards that arrive concurrently together", async () => {
    const { printer, written, ends } = printerOf(3);
    const records = [plain(Buffer.from("1")), plain(Buffer.from("2"))];
    await Promise.all([printer.take("a", records), printer.take("b", records)]);
    expect(written).toHaveLength(3);
    expect(ends()).toBe(1);
  });

  it("formats a long record of an aggregate only after the previous one was written", async () => {
    const { printer, written, made } = printerOf(undefined);
    const long = "x".repeat(70_000);
    await printer.take("a", [aggregateOf(long, "1", "2", long)]);
    expect(written).toEqual([`${long}\n`, `1\n2\n${long}\n`]);
    expect(made).toEqual([1, 4]);
  });

  it("decompresses nothing after the last requested record", async () => {
    const { printer, made, ends } = printerOf(2);
    await printer.take("a", [aggregateOf("1", "2", "3", "4")]);
    expect([made, ends()]).toEqual([[2], 1]);
  });

  it("counts written records before there is room for more, but not records that wait for their turn", async () => {
    const pipe = new PassThrough({ highWaterMark: 1 });
    const writer = new PipeWriter(pipe, new AbortController().signal, () => undefined);
    const printer = new RecordPrinter(() => "", writer.write, undefined, () => undefined);
    const taking = [printer.take("a", [aggregateOf("1", "2")]), printer.take("b", [aggregateOf("3")])];
    await settled();
    expect(printer.printed).toBe(2);
    pipe.resume();
    await Promise.all(taking);
    expect(printer.printed).toBe(3);
  });
});

describe("a pipe", () => {
  const never = new AbortController().signal;

  it("that is full delays all writers, in their order", async () => {
    const pipe = new PassThrough({ highWaterMark: 1 });
    const writer = new PipeWriter(pipe, never, () => undefined);
    let done = 0;
    const writing = ["one", "two"].map((text) => writer.write(text).then(() => done++));
    await settled();
    expect(done).toBe(0);
    let read = "";
    pipe.on("data", (part: Buffer) => (read += part.toString()));
    await Promise.all(writing);
    expect(read).toBe("onetwo");
  });

  it("that is full is not waited for when reading ends", async () => {
    const stop = new AbortController();
    const writer = new PipeWriter(new PassThrough({ highWaterMark: 1 }), stop.signal, () => undefined);
    const writing = writer.write("one");
    stop.abort();
    await expect(writing).rejects.toThrow(/abort/iu);
  });

  it("accepts no text after reading has ended", async () => {
    const stop = new AbortController();
    const pipe = new PassThrough();
    const writer = new PipeWriter(pipe, stop.signal, () => undefined);
    await writer.write("one");
    stop.abort();
    await expect(writer.write("two")).rejects.toThrow(/abort/iu);
    expect(String(pipe.read())).toBe("one");
  });

  it("that accepts texts synchronously still lets others run, such as Ctrl-C", async () => {
    const pipe = new Writable({ write: (_, __, done) => done() });
    const writer = new PipeWriter(pipe, never, () => undefined);
    let turns = 0;
    setImmediate(() => turns++);
    await writer.write("one");
    expect(turns).toBe(1);
  });

  it("that its reader has closed is reported, and accepts no further text", async () => {
    const pipe = new Writable({ write: (_, __, done) => done(Object.assign(new Error("write EPIPE"), { code: "EPIPE" })) });
    let failures = 0;
    const writer = new PipeWriter(pipe, never, () => failures++);
    await writer.write("one").catch(() => undefined);
    await settled();
    expect([failures, isClosedPipe(writer.error)]).toEqual([1, true]);
    await expect(writer.write("two")).rejects.toThrow("EPIPE");
  });

  it("that was closed between two texts accepts no further text", async () => {
    const pipe = new PassThrough();
    const writer = new PipeWriter(pipe, never, () => undefined);
    await writer.write("one");
    pipe.destroy(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
    await settled();
    await expect(writer.write("two")).rejects.toThrow("EPIPE");
  });

  it("that fails otherwise does not count as closed", () => {
    expect(isClosedPipe(Object.assign(new Error("full"), { code: "ENOSPC" }))).toBe(false);
    expect(isClosedPipe(undefined)).toBe(false);
  });
});
