// ByteSink: grows without losing its content.
import { expect, test } from "vitest";
import { ByteSink } from "../../../src/bytes/byte_sink.js";

const written = (sink: ByteSink) => Buffer.from(sink.bytes.subarray(0, sink.length)).toString();

test("a byte sink keeps its content when it grows", () => {
  const sink = new ByteSink(2);
  sink.appendAscii("ab");
  sink.append(Buffer.from("cdé"));
  sink.reserve(1);
  sink.put(0x66);
  expect(written(sink)).toBe("abcdéf");
});

test("a byte sink does not move its content while there is room, to the byte", () => {
  const sink = new ByteSink(4);
  const { bytes } = sink;
  sink.reserve(4);
  expect(sink.bytes).toBe(bytes);
  sink.reserve(5);
  expect(sink.bytes).not.toBe(bytes);
});

test("a byte sink grows by doubling, so that many small records cost at most one copy each", () => {
  const sink = new ByteSink(64 * 1024);
  sink.append(new Uint8Array(64 * 1024));
  sink.reserve(1);
  expect(sink.bytes).toHaveLength(128 * 1024);
});

test("a byte sink's view reads the same memory after the sink has grown", () => {
  const sink = new ByteSink(1);
  sink.append(Uint8Array.of(1, 2, 3, 4));
  expect(sink.view.getUint32(0)).toBe(0x01020304);
});
