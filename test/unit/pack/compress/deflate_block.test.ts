// Blocks are whole Deflate streams, in the shortest of the three forms, also where what is counted on starts anew.
import { randomBytes } from "node:crypto";
import { inflateRawSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { DeflateBlock, mostBlockBytes } from "../../../../src/pack/compress/deflate_block.js";
import { mostBytes } from "../../../../src/pack/compress/match_finder.js";
import { ByteSink } from "../../../../src/bytes/byte_sink.js";
import { containerLogs } from "../../../bench/container_logs.js";

const countedBytes = 2 ** 24;

function pack(block: DeflateBlock, record: Uint8Array): Buffer {
  const sink = new ByteSink(record.length + mostBlockBytes(record.length));
  sink.append(record);
  const end = block.write(sink.bytes, sink.view, 0, record.length, record.length);
  return Buffer.from(sink.bytes.subarray(record.length, end));
}

describe("a Deflate block", () => {
  test.each([
    ["stored", 0, randomBytes(1000)],
    ["of the fixed codes", 1, Buffer.from("abcabcabd")],
    ["of codes of its own", 2, Buffer.from(JSON.stringify(containerLogs(3)))],
  ])("is %s when that is the shortest", (_, form, record) => {
    const packed = pack(new DeflateBlock(), record);
    expect((packed[0] as number) & 0b111).toBe(1 | (form << 1));
    expect(inflateRawSync(packed).equals(record)).toBe(true);
  });

  test("depends on nothing of records long ago, when positions start anew", () => {
    const block = new DeflateBlock();
    const text = randomBytes(100);
    // The first record has the text where the last has it for a second time, ahead of where that looks back from.
    pack(block, Buffer.concat([Buffer.alloc(300), text]));
    for (let bytes = 0; bytes < countedBytes; bytes += mostBytes) pack(block, Buffer.alloc(mostBytes));
    const record = Buffer.concat([text.subarray(0, 20), randomBytes(100), text, randomBytes(80), text]);
    const packed = pack(block, record);
    expect(packed.equals(pack(new DeflateBlock(), record))).toBe(true);
    expect(inflateRawSync(packed).equals(record)).toBe(true);
  });
});
