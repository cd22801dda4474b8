// Added and left out keys: tag_key, metadata_key and except_keys, together and with other options.
import { encode } from "@msgpack/msgpack";
import { describe, expect, test } from "vitest";
import { chunkOf, encodeV1, encodeV2, groupEnd, groupStart } from "../../support/event_chunk.js";
import { runPipeline, textsOf, type PluginOptions } from "../../support/recorded_pipeline.js";

const sent = (options: PluginOptions, chunk: Uint8Array, tag = "kube.app") => textsOf(runPipeline(options, chunk, {}, tag));
const time = { time_key: "at", time_key_format: "%Y", time_key_zone: "UTC" };

describe("tag_key", () => {
  test("adds the tag after the record's own entries and the time", () => {
    expect(sent({ tag_key: "tag" }, chunkOf([{ a: 1 }, {}]))).toEqual(['{"a":1,"tag":"kube.app"}', '{"tag":"kube.app"}']);
    expect(sent({ tag_key: "tag", ...time }, chunkOf([{ a: 1 }]))).toEqual(['{"a":1,"at":"2023","tag":"kube.app"}']);
  });

  test("replaces the record's own value", () => {
    expect(sent({ tag_key: "tag" }, chunkOf([{ tag: "own", a: 1 }]))).toEqual(['{"a":1,"tag":"kube.app"}']);
  });

  test("writes any tag as JSON text", () => {
    expect(sent({ tag_key: "tag" }, chunkOf([{}]), 'ü"\\.x')).toEqual(['{"tag":"ü\\"\\\\.x"}']);
  });

  test("applies before data_keys, log_key, replace_dots and partition_key", () => {
    expect(sent({ tag_key: "tag", data_keys: "a" }, chunkOf([{ a: 1 }]))).toEqual(['{"a":1}']);
    expect(sent({ tag_key: "tag", data_keys: "tag" }, chunkOf([{ a: 1 }]))).toEqual(['{"tag":"kube.app"}']);
    expect(sent({ tag_key: "tag", log_key: "tag" }, chunkOf([{ a: 1 }]))).toEqual(["kube.app"]);
    expect(sent({ tag_key: "the.tag", replace_dots: "_" }, chunkOf([{ a: 1 }]))).toEqual(['{"a":1,"the_tag":"kube.app"}']);
    for (const key of ["tag", "$tag", "none, tag"]) {
      expect(runPipeline({ tag_key: "tag", partition_key: key }, chunkOf([{ tag: "own" }]), {}, "kube.app").entries[0]?.partitionKey).toBe("kube.app");
    }
  });
});

describe("except_keys", () => {
  test("leaves out top-level keys only", () => {
    const body = { a: 1, b: { a: 2 }, c: 3 };
    expect(sent({ except_keys: "a, c" }, chunkOf([body]))).toEqual(['{"b":{"a":2}}']);
    expect(sent({ except_keys: "a,b,c" }, chunkOf([body]))).toEqual(["{}"]);
    expect(sent({ except_keys: "x" }, chunkOf([body]))).toEqual(['{"a":1,"b":{"a":2},"c":3}']);
  });

  test("does not leave out keys that are not text", () => {
    const event = Buffer.concat([Buffer.from("9201", "hex"), Buffer.from("8207a16ea137a16d", "hex")]);
    expect(sent({ except_keys: "7" }, event)).toEqual(['{"7":"n"}']);
  });

  test("applies before replace_dots and log_key", () => {
    expect(sent({ except_keys: "a.b", replace_dots: "_" }, chunkOf([{ "a.b": 1, a_b: 2 }]))).toEqual(['{"a_b":2}']);
    const run = runPipeline({ except_keys: "log", log_key: "log" }, chunkOf([{ log: "x" }]));
    expect(run).toEqual({ entries: [], told: [["refused", "has no log_key"]] });
  });

  test("also leaves out added keys, and the partition key without losing its value", () => {
    expect(sent({ except_keys: "at,tag", tag_key: "tag", ...time }, chunkOf([{ a: 1 }]))).toEqual(['{"a":1}']);
    expect(runPipeline({ except_keys: "key", partition_key: "key" }, chunkOf([{ key: "k", a: 1 }])).entries[0]?.partitionKey).toBe("k");
  });

  test("leaves out a NaN value without refusing the record", () => {
    expect(sent({ except_keys: "x" }, chunkOf([{ x: Number.NaN, a: 1 }]))).toEqual(['{"a":1}']);
  });
});

describe("metadata_key", () => {
  const options = { metadata_key: "meta" };
  const resource = { attributes: { "service.name": "shop" } };
  const scope = { name: "my.library", version: "1.0" };

  test("adds the event's metadata, unless it is empty or missing", () => {
    const chunk = Buffer.concat([encodeV2({ body: { a: 1 }, metadata: { m: [1, "x"] } }), encodeV2({ body: { a: 2 } }), encodeV1({ body: { a: 3 } })]);
    expect(sent(options, chunk)).toEqual(['{"a":1,"meta":{"m":[1,"x"]}}', '{"a":2}', '{"a":3}']);
  });

  test("also adds the entries that the event's group shares, until the group ends", () => {
    const chunk = Buffer.concat([
      encodeV2({ body: { a: 0 } }),
      groupStart({ schema: "otlp", resource_id: 0, scope_id: 0 }, { resource, scope }),
      encodeV2({ body: { a: 1 }, metadata: { otlp: { severity_text: "INFO" } } }),
      encodeV2({ body: { a: 2 } }),
      groupStart({ schema: "otlp", resource_id: 1, scope_id: 0 }, { resource: {}, scope }),
      encodeV1({ body: { a: 3 } }),
      groupStart({}, { resource: {}, scope: {} }),
      encodeV2({ body: { a: 4 } }),
      groupEnd(),
      encodeV2({ body: { a: 5 } }),
    ]);
    const [resourceText, scopeText] = [JSON.stringify(resource), JSON.stringify(scope)];
    expect(sent(options, chunk)).toEqual([
      '{"a":0}',
      `{"a":1,"meta":{"otlp":{"severity_text":"INFO"},"resource":${resourceText},"scope":${scopeText}}}`,
      `{"a":2,"meta":{"resource":${resourceText},"scope":${scopeText}}}`,
      `{"a":3,"meta":{"scope":${scopeText}}}`,
      '{"a":4}',
      '{"a":5}',
    ]);
  });

  test("prefers the event's own entry to its group's", () => {
    const chunk = Buffer.concat([groupStart({}, { resource, scope }), encodeV2({ body: {}, metadata: { resource: "own" } })]);
    expect(sent(options, chunk)).toEqual([`{"meta":{"resource":"own","scope":${JSON.stringify(scope)}}}`]);
  });

  test("writes binary, such as OTLP trace ids, in hexadecimal", () => {
    const ids = { trace_id: Buffer.from("00112233445566778899aabbccddeeff", "hex"), span_id: Buffer.from("ff00ff00ff00ff00", "hex") };
    expect(sent(options, encodeV2({ body: {}, metadata: { otlp: ids } }))).toEqual([
      '{"meta":{"otlp":{"trace_id":"00112233445566778899aabbccddeeff","span_id":"ff00ff00ff00ff00"}}}',
    ]);
  });

  test("replaces the record's own value only if the event has metadata", () => {
    const chunk = Buffer.concat([encodeV2({ body: { meta: 1, a: 2 }, metadata: { m: 1 } }), encodeV2({ body: { meta: 1, a: 2 } })]);
    expect(sent(options, chunk)).toEqual(['{"a":2,"meta":{"m":1}}', '{"meta":1,"a":2}']);
  });

  test("adds the metadata after the time and the tag, and applies before the other options", () => {
    const chunk = encodeV2({ body: { a: 1 }, metadata: { "m.n": "x" } });
    expect(sent({ ...options, tag_key: "tag", ...time }, chunk)).toEqual(['{"a":1,"at":"2023","tag":"kube.app","meta":{"m.n":"x"}}']);
    expect(sent({ ...options, data_keys: "meta" }, chunk)).toEqual(['{"meta":{"m.n":"x"}}']);
    expect(sent({ ...options, log_key: "meta" }, chunk)).toEqual(['{"m.n":"x"}']);
    expect(sent({ ...options, replace_dots: "_" }, chunk)).toEqual(['{"a":1,"meta":{"m_n":"x"}}']);
    for (const key of ["meta->m.n", "$meta['m.n']", "none, $meta['m.n']"]) {
      expect(runPipeline({ ...options, partition_key: key }, chunk).entries[0]?.partitionKey).toBe("x");
    }
  });

  test("drops only the record whose metadata contains NaN", () => {
    const chunk = Buffer.concat([encodeV2({ body: { a: 1 }, metadata: { m: Number.NaN } }), encodeV2({ body: { a: 2 }, metadata: { m: 1 } })]);
    expect(sent(options, chunk)).toEqual(['{"a":2,"meta":{"m":1}}']);
    expect(runPipeline({ ...options, except_keys: "x" }, chunk).told).toEqual([["refused", "holds NaN or an infinite number, which JSON does not have"]]);
  });

  test("accepts metadata of changing sizes", () => {
    const sizes = [1, 4_000, 4_096, 5_000, 70_000, 1, 200_000, 10];
    const chunk = Buffer.concat(sizes.map((size) => encodeV2({ body: {}, metadata: { m: "x".repeat(size) } })));
    expect(sent(options, chunk)).toEqual(sizes.map((size) => `{"meta":{"m":"${"x".repeat(size)}"}}`));
  });

  test("accepts a group's shared data with keys that are not text, and ignores shared data that is not a map", () => {
    const odd = Buffer.concat([Buffer.from("9292d700ffffffff0000000080", "hex"), Buffer.from("8207a16ea17881a17901", "hex")]);
    const noMap = Buffer.concat([Buffer.from("9292d700ffffffff0000000080", "hex"), encode("text")]);
    expect(sent(options, Buffer.concat([odd, encodeV2({ body: {} })]))).toEqual(['{"meta":{"7":"n","x":{"y":1}}}']);
    expect(sent(options, Buffer.concat([odd, noMap, encodeV2({ body: {} })]))).toEqual(["{}"]);
  });

  test("overrides many shared entries of a group by the event's own", () => {
    const many = (of: string) => Object.fromEntries(Array.from({ length: 2000 }, (_, index) => [`key-${index}`, of]));
    const chunk = Buffer.concat([groupStart({}, { ...many("group"), shared: 1 }), ...Array.from({ length: 3 }, () => encodeV2({ body: {}, metadata: many("event") }))]);
    const texts = sent({ ...options, max_record_size: "10485760" }, chunk);
    expect(texts).toHaveLength(3);
    for (const text of texts) expect(JSON.parse(text)).toEqual({ meta: { ...many("event"), shared: 1 } });
  });

  test("does not carry a group over to the next chunk", () => {
    const grouped = (name: string) => Buffer.concat([groupStart({}, { scope: { name } }), encodeV2({ body: {} })]);
    const run = [grouped("a"), grouped("b"), encodeV2({ body: {} }), grouped("a")].map((chunk) => sent(options, chunk));
    expect(run.flat()).toEqual(['{"meta":{"scope":{"name":"a"}}}', '{"meta":{"scope":{"name":"b"}}}', "{}", '{"meta":{"scope":{"name":"a"}}}']);
  });
});
