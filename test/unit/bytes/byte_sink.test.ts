// A buffer that grows without losing what was written.
import { expect, test } from "vitest";
import { ByteSink } from "../../../src/bytes/byte_sink.js";

const written = (sink: ByteSink) => Buffer.from(sink.bytes.subarray(0, sink.length)).toString();

test("keeps what was written when it grows", () => {
  const sink = new ByteSink(2);
  sink.appendAscii("ab");
  sink.append(Buffer.from("cdé"));
  sink.reserve(1);
  sink.put(0x66);
  expect(written(sink)).toBe("abcdéf");
});

test("does not move while there is room, to the byte", () => {
  const sink = new ByteSink(4);
  const { bytes } = sink;
  sink.reserve(4);
  expect(sink.bytes).toBe(bytes);
  sink.reserve(5);
  expect(sink.bytes).not.toBe(bytes);
});

test("grows by doubling, so that many small records cost no more than one copy each", () => {
  const sink = new ByteSink(64 * 1024);
  sink.append(new Uint8Array(64 * 1024));
  sink.reserve(1);
  expect(sink.bytes).toHaveLength(128 * 1024);
});

test("its view reads the same memory, before and after it grew", () => {
  const sink = new ByteSink(1);
  sink.append(Uint8Array.of(1, 2, 3, 4));
  expect(sink.view.getUint32(0)).toBe(0x01020304);
});
