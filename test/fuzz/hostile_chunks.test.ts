// Tests chunks that are crafted to be costly: work and memory stay proportional to their bytes, and the next chunk is fine.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ChunkTrial } from "../support/chunk_trial.js";
import { encodeValue, encodeV2 } from "../support/event_chunk.js";
import { CostMeter } from "../support/execution_cost.js";

const fixtures = path.join(process.cwd(), "test", "fixtures", "fuzz");

let meter: CostMeter;
let trial: ChunkTrial;

beforeAll(async () => {
  meter = new CostMeter();
  trial = await ChunkTrial.create(meter);
});
afterAll(() => meter.close());

type Part = Uint8Array | readonly number[];
const joined = (parts: readonly Part[]): Uint8Array => Buffer.concat(parts.map((part) => Uint8Array.from(part)));
const bytes = (...parts: readonly Part[]) => joined(parts);
const times = (count: number, part: (index: number) => Part) => joined(Array.from({ length: count }, (_, index) => part(index)));
const head32 = (first: number, count: number) => [first, count >>> 24, (count >>> 16) & 255, (count >>> 8) & 255, count & 255];
const text32 = (content: Uint8Array) => bytes(head32(0xdb, content.length), content);
const map32 = (count: number, entries: Uint8Array) => bytes(head32(0xdf, count), entries);
const event = (body: Uint8Array | readonly number[]) => bytes([0x92, 0x05], body);
const key = encodeValue;
const filled = (count: number, byte: number) => new Uint8Array(count).fill(byte);

/** Chunks of about a megabyte, or of the size that the name states. */
const families: readonly (readonly [name: string, chunk: () => Uint8Array])[] = [
  ["lists nested 100,000 deep", () => event(bytes([0x81], key("log"), filled(100_000, 0x91), [0xc0]))],
  ["maps nested 100,000 deep", () => event(bytes([0x81], key("a"), times(100_000, () => [0x81, 0xa1, 0x62]), [0xc0]))],
  ["maps nested 100,000 deep as keys", () => event(bytes(filled(100_000, 0x81), [0xc0], filled(100_000, 0xc0)))],
  ["a header nested 100,000 deep", () => bytes([0x92], filled(100_000, 0x91), [0x05, 0x80])],
  ["400 records nested a little too deep", () => times(400, () => event(bytes([0x81], key("log"), filled(1100, 0x91), [0xc0])))],
  ["a map that claims 2^32 - 1 entries", () => event(bytes(head32(0xdf, 0xffff_ffff), filled(500_000, 0x01)))],
  ["nested lists that each claim 2^32 - 1 values", () => event(times(200_000, () => head32(0xdd, 0xffff_ffff)))],
  ["a text that claims 4 GiB", () => event(bytes([0x81], key("log"), head32(0xdb, 0xffff_ffff), filled(500_000, 0x61)))],
  ["a key that claims 4 GiB", () => event(bytes([0x81], head32(0xdb, 0xffff_ffff), filled(500_000, 0x61)))],
  ["an extension that claims 4 GiB as a time", () => bytes([0x92], head32(0xc9, 0xffff_ffff), filled(500_000, 0))],
  ["an extension that ends in its head", () => bytes(times(50_000, () => event([0x80])), [0x92, 0xc9, 0, 0])],
  ["30,000 times the same key", () => event(map32(30_000, times(30_000, (index) => [...key("log"), ...key(index)])))],
  ["30,000 keys", () => event(map32(30_000, times(30_000, (index) => [...key(`key ${index}`), 0xc3])))],
  ["30,000 keys and the first again", () => event(map32(30_001, times(30_001, (index) => [...key(`k${index % 30_000}`), 0xc3])))],
  ["2,000 records with 20 keys each twice", () => times(2000, () => event(bytes(head32(0xdf, 40), times(40, (index) => [...key(`k${index % 20}`), 0xc3]))))],
  ["a key of half a megabyte, twice", () => event(bytes([0x82], text32(filled(500_000, 0x61)), [0xc0], text32(filled(500_000, 0x61)), [0xc0]))],
  ["a key of dots", () => event(bytes([0x81], text32(filled(1_000_000, 0x2e)), [0xc0]))],
  ["1,000 keys of dots in a nested map", () => event(bytes([0x81], key("log"), map32(1000, times(1000, () => bytes(text32(filled(1000, 0x2e)), [0xc0])))))],
  ["a text of control characters", () => event(bytes([0x81], key("log"), text32(filled(1_000_000, 1))))],
  ["a text of broken UTF-8", () => event(bytes([0x81], key("a"), text32(filled(1_000_000, 0xf0))))],
  ["a text of lone surrogates", () => event(bytes([0x81], key("log"), text32(times(300_000, () => [0xed, 0xa0, 0x80]))))],
  ["an extension of a megabyte", () => event(bytes([0x81], key("log"), head32(0xc9, 1_000_000), [7], filled(1_000_000, 0xfb)))],
  ["100,000 empty extensions", () => event(bytes([0x81], key("log"), head32(0xdd, 100_000), times(100_000, () => [0xc7, 0, 1])))],
  ["100,000 times in a list", () => event(bytes([0x81], key("log"), head32(0xdd, 100_000), times(100_000, (index) => [0xd6, 0xff, ...head32(0, index * 40_000).slice(1)])))],
  ["100,000 large integers", () => event(bytes([0x81], key("log"), head32(0xdd, 100_000), times(100_000, () => [0xcf, ...filled(8, 0xff)])))],
  ["100,000 large integers as keys", () => event(bytes([0x81], key("a"), map32(100_000, times(100_000, () => [0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0, 0xc0]))))],
  ["100,000 smallest doubles", () => event(bytes([0x81], key("log"), head32(0xdd, 100_000), times(100_000, () => [0xcb, 0x80, 0, 0, 0, 0, 0, 0, 1])))],
  ["100,000 smallest events", () => times(100_000, () => [0x92, 0x05, 0x80])],
  ["300,000 values that are not events", () => filled(300_000, 0xc0)],
  ["100,000 group markers", () => times(100_000, () => [0x92, 0x92, 0xff, 0x80, 0x80])],
  ["20,000 events a year apart", () => times(20_000, (index) => [0x92, 0xce, ...head32(0, index * 200_000).slice(1), 0x80])],
  ["20,000 records with different partition keys", () => times(20_000, (index) => event(bytes([0x81], key("a"), key(`key ${index}`))))],
  ["2,000 records with different long partition keys", () => times(2000, (index) => event(bytes([0x81], key("a"), key(`${index}`.padStart(400, "𝄞")))))],
  ["alternating large and small records of one key", () => times(600, (index) => event(bytes([0x82], key("a"), key("same"), key("log"), key("x".repeat(index % 2 === 0 ? 1200 : 10)))))],
  ["200 incompressible records slightly over the limit", () => times(200, (index) => encodeV2({ body: { log: noise(5000, index) } }))],
  ["an incompressible megabyte", () => encodeV2({ body: { log: noise(1_000_000, 1) } })],
  ["a megabyte of compressible, then incompressible data", () => encodeV2({ body: { log: Buffer.concat([filled(500_000, 0), noise(500_000, 2)]) } })],
  ["20,000 records with NaN", () => times(20_000, () => event([0x82, ...key("a"), 0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0, ...key("log"), 0xc1]))],
  ["a path of keys to the partition key through large maps", () => event(bytes([0x81], key("a"), map32(50_000, times(50_000, () => [...key("b"), ...key("x")]))))],
];

/** Returns pseudo-random bytes, the same for the same seed. */
function noise(count: number, seed: number): Uint8Array {
  let state = seed + 1;
  return Uint8Array.from({ length: count }, () => (state = (Math.imul(state, 48271) >>> 0) % 2147483647) & 0xff);
}

describe("work and memory stay in proportion to the bytes of", () => {
  it.each(families)("%s", { timeout: 120_000 }, (_, chunk) => {
    expect(trial.run(chunk()).stepsPerByte).toBeGreaterThan(0);
  });
});

const found = readdirSync(fixtures).filter((file) => file.endsWith(".chunk"));

describe("a chunk that fuzzing once found", () => {
  it.each(found)("%s crashes nothing and stays within the cost limits", (file) => {
    trial.run(readFileSync(path.join(fixtures, file)));
  });
});
