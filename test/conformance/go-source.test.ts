// Compares the plugin with the Go plugin's code on many small records. The expected values are derived from its source, not recorded.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ConfigurationError } from "../../src/configuration_error.js";
import { encodeValue } from "../support/event_chunk.js";
import { configOf, runPipeline, textsOf, type PluginOptions } from "../support/recorded_pipeline.js";
import { inTimeZone } from "../support/time_zone.js";

interface SourceRecord {
  /** Partition key; undefined for a random one. */
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

/** Returns a comparable form of a record's data: the value of JSON with large numbers as text, otherwise the bytes as text. */
function comparable(data: Buffer): unknown {
  const text = data.toString();
  if (!/^[[{]/u.test(text)) return data.toString("latin1");
  const exact = text.replace(/([:[,])(-?\d{16,})(?=[,}\]])/gu, '$1"$2"');
  return { json: JSON.parse(exact) as unknown, newline: text.endsWith("\n") };
}

const dataOf = ({ text, base64 }: SourceRecord) =>
  base64 === undefined ? Buffer.from(text ?? "") : Buffer.from(base64, "base64");

describe("like the Go plugin's code", () => {
  test.each(cases.filter(({ init }) => init !== 0))("sends the same records: $name $options $zone", ({ options, zone = "UTC", chunk, records = [] }) => {
    const { entries } = inTimeZone(zone, () => runPipeline(options, Buffer.from(chunk, "base64")));
    expect(entries.map(({ data }) => comparable(Buffer.from(data)))).toEqual(
      records.map((record) => comparable(dataOf(record))),
    );
    records.forEach(({ partitionKey }, index) => {
      const actual = entries[index]?.partitionKey;
      // Undefined means a random key on both sides.
      expect(actual).toBe(partitionKey);
    });
  });

  test.each(cases.filter(({ init }) => init === 0))("fails the init: $options", ({ options }) => {
    expect(() => configOf(options)).toThrow(ConfigurationError);
  });
});

/** Returns an event of version 1 with the time 2022-06-04 05:38:18 UTC and this body. */
const eventOf = (...body: readonly Uint8Array[]) =>
  Buffer.concat([Buffer.from("92d700629aefca006c2b14", "hex"), ...body]);
const entryOf = (key: Uint8Array, value: unknown) => [Uint8Array.of(0x81), key, encodeValue(value)];
const sent = (options: PluginOptions, chunk: Uint8Array) => inTimeZone("UTC", () => textsOf(runPipeline(options, chunk)));

describe("unlike the Go plugin's code, where it is wrong", () => {
  test("a nil key is written as the text null (in the Go plugin, a nil pointer crashes the process)", () => {
    expect(sent({}, eventOf(...entryOf(encodeValue(null), 1)))).toEqual(['{"null":1}']);
  });

  test("a float key is written with JavaScript's exponent (Go's has two digits)", () => {
    expect(sent({}, eventOf(...entryOf(encodeValue(1e-7), 1)))).toEqual(['{"1e-7":1}']);
  });

  test("an extension of type 0 or -1 that is not a time is written like other extensions (Go's decoder drops the rest of the chunk)", () => {
    const values = ["d600000000ff", "d4ff01", "c70cff00000000000000ffffffffff"].map((hex) => Buffer.from(hex, "hex"));
    const chunk = Buffer.concat(values.map((value) => eventOf(Uint8Array.of(0x81), encodeValue("k"), value)));
    expect(sent({}, chunk)).toEqual([
      '{"k":{"Tag":0,"Data":"AAAA/w==","Value":null}}',
      '{"k":{"Tag":255,"Data":"AQ==","Value":null}}',
      '{"k":{"Tag":255,"Data":"AAAAAAAAAP//////","Value":null}}',
    ]);
  });

  test("keys that become equal when their dots are replaced are both written (Go drops one at random)", () => {
    expect(sent({ replace_dots: "_" }, eventOf(encodeValue({ "a.b": 1, a_b: 2 })))).toEqual(['{"a_b":1,"a_b":2}']);
  });

  test("the last of repeated keys counts, also with values of different types (Go's decoder merges them or fails)", () => {
    const chunk = eventOf(Buffer.from("82a1618101c0a161a178", "hex"));
    expect(sent({}, chunk)).toEqual(['{"a":"x"}']);
  });

  test("a record whose log_key has an empty text is dropped (Go sends an empty record)", () => {
    const chunk = Buffer.concat([eventOf(encodeValue({ k: "" })), eventOf(encodeValue({ k: "x" }))]);
    expect(sent({ log_key: "k" }, chunk)).toEqual(["x"]);
    expect(sent({ log_key: "k", append_newline: "true" }, chunk)).toEqual(["\n", "x\n"]);
  });

  test("a record whose log_key has NaN is dropped (Go sends empty data, for which the SDK rejects the whole chunk)", () => {
    expect(sent({ log_key: "k" }, Buffer.concat([eventOf(encodeValue({ k: Number.NaN })), eventOf(encodeValue({ k: 1 }))]))).toEqual(["1"]);
  });

  test("%U and %W format the weeks of strftime(3) (that version of Go's library miscounts: 45 and 44)", () => {
    // 2024-11-03, a Sunday.
    const chunk = Buffer.from("92d7006726c3200000000080", "hex");
    expect(sent({ time_key: "t", time_key_format: "%U %W" }, chunk)).toEqual(['{"t":"44 44"}']);
  });

  test("a signed integer or float of msgpack is read as the event's time (Go uses the time of the flush)", () => {
    const times = ["05", "d300000000629aefca", "cb41d8a6bbf2a00000"].map((hex) => Buffer.from(hex, "hex"));
    const chunk = Buffer.concat(times.map((time) => Buffer.concat([Uint8Array.of(0x92), time, Uint8Array.of(0x80)])));
    expect(sent({ time_key: "t", time_key_format: "%Y-%S.%L" }, chunk)).toEqual([
      '{"t":"1970-05.000"}', '{"t":"2022-18.000"}', '{"t":"2022-18.500"}',
    ]);
  });
});
