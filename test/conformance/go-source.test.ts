// Holds ours against what the Go plugin's own code makes of many small records: derived from its source, not recorded.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ConfigurationError } from "../../src/configuration_error.js";
import { encodeValue } from "../support/event_chunk.js";
import { configOf, runPipeline, textsOf, type PluginOptions } from "../support/recorded_pipeline.js";
import { inTimeZone } from "../support/time_zone.js";

interface SourceRecord {
  /** A random one without it. */
  readonly partitionKey?: string;
  readonly text?: string;
  readonly base64?: string;
}

interface SourceCase {
  readonly name: string;
  readonly options: PluginOptions;
  readonly zone?: string;
  readonly chunk: string;
  readonly init?: 0;
  readonly records?: readonly SourceRecord[];
}

const { cases } = JSON.parse(readFileSync(new URL("go-source.json", import.meta.url), "utf8")) as {
  readonly cases: readonly SourceCase[];
};

/** JSON as values, with the digits of large numbers kept as text; all else as it is. */
function comparable(data: Buffer): unknown {
  const text = data.toString();
  if (!/^[[{]/u.test(text)) return data.toString("latin1");
  const exact = text.replace(/([:[,])(-?\d{16,})(?=[,}\]])/gu, '$1"$2"');
  return { json: JSON.parse(exact) as unknown, newline: text.endsWith("\n") };
}

const dataOf = ({ text, base64 }: SourceRecord) =>
  base64 === undefined ? Buffer.from(text ?? "") : Buffer.from(base64, "base64");

describe("as the Go plugin's code does it", () => {
  test.each(cases.filter(({ init }) => init !== 0))("$name $options $zone", ({ options, zone = "UTC", chunk, records = [] }) => {
    const { entries } = inTimeZone(zone, () => runPipeline(options, Buffer.from(chunk, "base64")));
    expect(entries.map(({ data }) => comparable(Buffer.from(data)))).toEqual(
      records.map((record) => comparable(dataOf(record))),
    );
    records.forEach(({ partitionKey }, index) => {
      const actual = entries[index]?.partitionKey;
      // Undefined is a random one in both.
      expect(actual).toBe(partitionKey);
    });
  });

  test.each(cases.filter(({ init }) => init === 0))("an init error: $options", ({ options }) => {
    expect(() => configOf(options)).toThrow(ConfigurationError);
  });
});

/** One event of today at 2022-06-04 05:38:18 UTC, with this body. */
const eventOf = (...body: readonly Uint8Array[]) =>
  Buffer.concat([Buffer.from("92d700629aefca006c2b14", "hex"), ...body]);
const entryOf = (key: Uint8Array, value: unknown) => [Uint8Array.of(0x81), key, encodeValue(value)];
const sent = (options: PluginOptions, chunk: Uint8Array) => inTimeZone("UTC", () => textsOf(runPipeline(options, chunk)));

describe("changed, where the Go plugin's code goes wrong", () => {
  test("nil as a key is its text (a nil pointer takes the Go plugin down)", () => {
    expect(sent({}, eventOf(...entryOf(encodeValue(null), 1)))).toEqual(['{"null":1}']);
  });

  test("a float as a key has JavaScript's exponent (Go's has two digits)", () => {
    expect(sent({}, eventOf(...entryOf(encodeValue(1e-7), 1)))).toEqual(['{"1e-7":1}']);
  });

  test("an extension of type 0 or -1 that is no time is shown as others are (Go's decoder gives up the rest)", () => {
    const values = ["d600000000ff", "d4ff01", "c70cff00000000000000ffffffffff"].map((hex) => Buffer.from(hex, "hex"));
    const chunk = Buffer.concat(values.map((value) => eventOf(Uint8Array.of(0x81), encodeValue("k"), value)));
    expect(sent({}, chunk)).toEqual([
      '{"k":{"Tag":0,"Data":"AAAA/w==","Value":null}}',
      '{"k":{"Tag":255,"Data":"AQ==","Value":null}}',
      '{"k":{"Tag":255,"Data":"AAAAAAAAAP//////","Value":null}}',
    ]);
  });

  test("keys that meet when their dots are replaced are both written (Go drops one, at random)", () => {
    expect(sent({ replace_dots: "_" }, eventOf(encodeValue({ "a.b": 1, a_b: 2 })))).toEqual(['{"a_b":1,"a_b":2}']);
  });

  test("of repeated keys with values of different types the last counts too (Go's decoder merges them, or gives up)", () => {
    const chunk = eventOf(Buffer.from("82a1618101c0a161a178", "hex"));
    expect(sent({}, chunk)).toEqual(['{"a":"x"}']);
  });

  test("log_key of an empty text drops the record (Go sends an empty one)", () => {
    const chunk = Buffer.concat([eventOf(encodeValue({ k: "" })), eventOf(encodeValue({ k: "x" }))]);
    expect(sent({ log_key: "k" }, chunk)).toEqual(["x"]);
    expect(sent({ log_key: "k", append_newline: "true" }, chunk)).toEqual(["\n", "x\n"]);
  });

  test("log_key of NaN drops the record (Go sends empty data, which the SDK refuses with the whole chunk)", () => {
    expect(sent({ log_key: "k" }, Buffer.concat([eventOf(encodeValue({ k: Number.NaN })), eventOf(encodeValue({ k: 1 }))]))).toEqual(["1"]);
  });

  test("weeks of %U and %W are those of strftime(3) (that version of Go's library counts wrongly: 45 and 44)", () => {
    // 2024-11-03, a Sunday.
    const chunk = Buffer.from("92d7006726c3200000000080", "hex");
    expect(sent({ time_key: "t", time_key_format: "%U %W" }, chunk)).toEqual(['{"t":"44 44"}']);
  });

  test("a time as msgpack's signed integer or float is the event's time (Go takes that of the flush)", () => {
    const times = ["05", "d300000000629aefca", "cb41d8a6bbf2a00000"].map((hex) => Buffer.from(hex, "hex"));
    const chunk = Buffer.concat(times.map((time) => Buffer.concat([Uint8Array.of(0x92), time, Uint8Array.of(0x80)])));
    expect(sent({ time_key: "t", time_key_format: "%Y-%S.%L" }, chunk)).toEqual([
      '{"t":"1970-05.000"}', '{"t":"2022-18.000"}', '{"t":"2022-18.500"}',
    ]);
  });
});
