// RecordShaper: each record option, and their combinations in the order in which they apply.
import { describe, expect, test } from "vitest";
import { parseKeyExpression } from "../../../src/record/key_expression.js";
import { epochTime, shape } from "../../support/shaped_record.js";

const time = epochTime("time");

test("a record is sent whole with its keys in their order", () => {
  expect(shape({ z: 1, a: { b: "c" }, m: [null] }).text).toBe('{"z":1,"a":{"b":"c"},"m":[null]}');
  expect(shape({}).text).toBe("{}");
});

test("keys that are not text are sent", () => {
  expect(shape(Buffer.from("8207a16ec0a16e", "hex")).text).toBe('{"7":"n","null":"n"}');
});

test("append_newline ends the record with a newline", () => {
  expect(shape({ a: 1 }, { appendNewline: true }).text).toBe('{"a":1}\n');
  expect(shape({ a: "x" }, { appendNewline: true, logKey: "a" }).text).toBe("x\n");
});

describe("data_keys", () => {
  test.each([
    [["a"], '{"a":1}'],
    [["c", "a"], '{"a":1,"c":3}'],
    [["missing"], "{}"],
    [["b", "missing", "b"], '{"b":2}'],
    [["A"], "{}"],
    [["aa"], "{}"],
  ])("sends the named keys only: %j", (dataKeys, text) => {
    expect(shape({ a: 1, b: 2, c: 3 }, { dataKeys }).text).toBe(text);
  });

  test("names top-level keys only", () => {
    expect(shape({ a: { b: 1 }, c: { a: 2 } }, { dataKeys: ["a"] }).text).toBe('{"a":{"b":1}}');
  });

  test("does not apply to keys that are not text, which are sent", () => {
    expect(shape(Buffer.from("830701a13702a16103", "hex"), { dataKeys: ["7"] }).text).toBe('{"7":1,"7":2}');
  });

  test("finds a binary key", () => {
    expect(shape(Buffer.from("82c4016101a16202", "hex"), { dataKeys: ["a"] }).text).toBe('{"a":1}');
  });

  test("leaves out a NaN value without refusing the record", () => {
    expect(shape({ a: 1, b: Number.NaN }, { dataKeys: ["a"] }).text).toBe('{"a":1}');
  });
});

describe("log_key", () => {
  test.each([
    ["a text, raw", 'say "hi"\n☃', 'say "hi"\n☃'],
    ["binary, raw", Buffer.from("bin"), "bin"],
    ["an integer", -7, "-7"],
    ["an integer of 64 bits", 18446744073709551615n, "18446744073709551615"],
    ["a float", 1.5, "1.5"],
    ["true", true, "true"],
    ["nil", null, "null"],
    ["a list", [1, "x"], '[1,"x"]'],
    ["a map", { b: { c: "d" } }, '{"b":{"c":"d"}}'],
  ])("sends the key's value alone: %s", (_, value, text) => {
    expect(shape({ x: 0, a: value, y: 0 }, { logKey: "a" }).text).toBe(text);
  });

  test("refuses a record without the key", () => {
    expect(shape({ a: "x" }, { logKey: "b" }).refused).toBe("has no log_key");
    expect(shape({}, { logKey: "b" }).refused).toBe("has no log_key");
    expect(shape({ a: { b: "x" } }, { logKey: "b" }).refused).toBe("has no log_key");
  });

  test("refuses an empty text, unless a newline follows it", () => {
    expect(shape({ a: "" }, { logKey: "a" }).refused).toBe("is empty");
    expect(shape({ a: "" }, { logKey: "a", appendNewline: true }).text).toBe("\n");
  });

  test("selects the last of several equal keys, as in a decoded map", () => {
    expect(shape(Buffer.from("82a161a178a161a179", "hex"), { logKey: "a" }).text).toBe("y");
  });

  test("refuses NaN as its value, and ignores NaN under other keys", () => {
    expect(shape({ a: Number.NaN }, { logKey: "a" }).refused).toMatch(/NaN/);
    expect(shape({ a: "x", b: Number.NaN }, { logKey: "a" }).text).toBe("x");
  });
});

describe("time_key", () => {
  test("is added after the record's keys", () => {
    expect(shape({ a: 1 }, { time }, 5).text).toBe('{"a":1,"time":"5"}');
    expect(shape({}, { time }, 5).text).toBe('{"time":"5"}');
  });

  test("replaces the record's own value under the key", () => {
    expect(shape({ time: "own", a: 1 }, { time }, 5).text).toBe('{"a":1,"time":"5"}');
  });

  test("has its key and text escaped", () => {
    expect(shape({}, { time: epochTime('"t"') }, 5).text).toBe('{"\\"t\\"":"5"}');
  });

  test("differs for events of different times", () => {
    expect(shape({}, { time }, 6).text).not.toBe(shape({}, { time }, 7).text);
  });
});

describe("combined record options", () => {
  test("data_keys drops the time unless it is named", () => {
    expect(shape({ a: 1 }, { time, dataKeys: ["a"] }, 5).text).toBe('{"a":1}');
    expect(shape({ a: 1 }, { time, dataKeys: ["a", "time"] }, 5).text).toBe('{"a":1,"time":"5"}');
    expect(shape({ a: 1 }, { time, dataKeys: ["time"] }, 5).text).toBe('{"time":"5"}');
  });

  test("data_keys applies before log_key", () => {
    expect(shape({ a: "x", b: "y" }, { dataKeys: ["b"], logKey: "a" }).refused).toBe("has no log_key");
    expect(shape({ a: "x", b: "y" }, { dataKeys: ["b", "a"], logKey: "a" }).text).toBe("x");
  });

  test("log_key may select the time", () => {
    expect(shape({ a: 1 }, { time, logKey: "time" }, 5).text).toBe("5");
    expect(shape({ time: "own" }, { time, logKey: "time" }, 5).text).toBe("5");
    expect(shape({ a: 1 }, { time, logKey: "time", dataKeys: ["a"] }, 5).refused).toBe("has no log_key");
  });

  test("partition_key is looked up in the whole record, no matter which keys are sent", () => {
    const body = { a: "x", b: "y" };
    expect(shape(body, { partitionKey: parseKeyExpression("b"), dataKeys: ["a"] })).toMatchObject({ text: '{"a":"x"}', partitionKey: "y" });
    expect(shape(body, { partitionKey: parseKeyExpression("b"), logKey: "a" })).toMatchObject({ text: "x", partitionKey: "y" });
  });

  test("partition_key may name the time", () => {
    expect(shape({ time: "own" }, { time, partitionKey: parseKeyExpression("time") }, 5).partitionKey).toBe("5");
    expect(shape({ time: { a: "own" } }, { time, partitionKey: parseKeyExpression("time->a") }, 5).partitionKey).toBeUndefined();
  });

  test("a record without the partition key is sent", () => {
    expect(shape({ a: 1 }, { partitionKey: parseKeyExpression("b") })).toMatchObject({ text: '{"a":1}', partitionKey: undefined });
  });

  test("data_keys and partition_key name keys before replace_dots, log_key after it", () => {
    const body = { "a.b": { "c.d": "x" }, e: 1 };
    const options = { replaceDots: "_" };
    expect(shape(body, { ...options, dataKeys: ["a.b"] }).text).toBe('{"a_b":{"c_d":"x"}}');
    expect(shape(body, { ...options, dataKeys: ["a_b"] }).text).toBe("{}");
    expect(shape(body, { ...options, partitionKey: parseKeyExpression("a.b->c.d") }).partitionKey).toBe("x");
    expect(shape(body, { ...options, partitionKey: parseKeyExpression("a_b->c_d") }).partitionKey).toBeUndefined();
    expect(shape(body, { ...options, logKey: "a_b" }).text).toBe('{"c_d":"x"}');
    expect(shape(body, { ...options, logKey: "a.b" }).refused).toBe("has no log_key");
  });

  test("replace_dots applies to time_key", () => {
    expect(shape({}, { time: epochTime("my.time"), replaceDots: "_" }, 5).text).toBe('{"my_time":"5"}');
    expect(shape({}, { time: epochTime("my.time"), replaceDots: "_", logKey: "my_time" }, 5).text).toBe("5");
  });

  test("time_key, partition_key, data_keys, replace_dots and append_newline work together", () => {
    const body = { "k.8s": { "pod.name": "api" }, log: "line", secret: "s", time: "own" };
    expect(
      shape(
        body,
        {
          time,
          partitionKey: parseKeyExpression("k.8s->pod.name"),
          dataKeys: ["log", "k.8s", "time"],
          replaceDots: "-",
          appendNewline: true,
        },
        5,
      ),
    ).toEqual({
      text: '{"k-8s":{"pod-name":"api"},"log":"line","time":"5"}\n',
      partitionKey: "api",
      refused: undefined,
    });
  });
});

describe("a refused record leaves the sink unchanged", () => {
  test.each([
    ["NaN", { a: 1, b: [Number.NaN] }, "holds NaN or an infinite number, which JSON does not have"],
    ["a map as a key", Buffer.from("81a161818001", "hex"), "has a map, a list or an extension as a key"],
    ["the byte that msgpack never uses", Buffer.from("81a161c1", "hex"), "has a byte that msgpack never uses"],
  ])("%s", (_, body, reason) => {
    expect(shape(body).refused).toBe(reason);
  });
});
