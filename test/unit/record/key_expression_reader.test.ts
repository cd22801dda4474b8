// Texts that key expressions find in records and tags.
import { describe, expect, test } from "vitest";
import { inputOf } from "../../../src/chunk/msgpack.js";
import { parseKeyExpression } from "../../../src/record/key_expression.js";
import { KeyExpressionReader } from "../../../src/record/key_expression_reader.js";
import { TimeEntry } from "../../../src/record/time_key/entry.js";
import { TimeFormat } from "../../../src/record/time_key/format.js";
import { utcZone } from "../../../src/record/time_key/zone.js";
import { keyOf } from "../../../src/record/value_text.js";
import { encodeValue } from "../../support/event_chunk.js";

const read = (expression: string, body: unknown, tag = "kube.var.log", maxCharacters?: number) =>
  new KeyExpressionReader(parseKeyExpression(expression), maxCharacters).read(inputOf(encodeValue(body)), 0, [], tag);

const record = { app: "web", n: 7, ok: true, nothing: null, empty: "", kubernetes: { namespace_name: "prod", labels: [{ name: "x" }, "y"] } };

test.each([
  ["$app", "web"],
  ["$kubernetes['namespace_name']/$app", "prod/web"],
  ["$kubernetes['labels'][0]['name']-$kubernetes['labels'][1]", "x-y"],
  ["$n:$ok", "7:true"],
  ["$['app']$app", "webweb"],
  ["$TAG", "kube.var.log"],
  ["logs-$TAG[1]", "logs-var"],
  ["$TAG[0]/$TAG[2]", "kube/log"],
])("%j takes its parts from the record and its tag", (expression, text) => {
  expect(read(expression, record)).toBe(text);
});

test.each(["x-$gone", "$app-$nothing", "$app$empty", "$app/$kubernetes", "$kubernetes['labels']!", "$kubernetes['labels'][2]", "$app['x']", "logs-$TAG[3]"])(
  "%j has no text where a part of it is missing, empty, a map, a list or nil",
  (expression) => {
    expect(read(expression, record)).toBeUndefined();
  },
);

test.each([
  ["gone, app", "web"],
  ["app, n", "web"],
  ["kubernetes, empty, nothing, n", "7"],
  ["$app-$gone, $TAG[9], kubernetes->namespace_name", "prod"],
  ["gone, kubernetes->gone", undefined],
])("%j takes the first that is there", (expression, text) => {
  expect(read(expression, record)).toBe(text);
});

describe("the tag's parts", () => {
  test.each([
    ["app", 0, "app"],
    ["app", 1, undefined],
    ["a.b", 1, "b"],
    ["a..b", 1, undefined],
    ["a..b", 2, "b"],
    ["a.", 0, "a"],
    ["a.", 1, undefined],
    [".a", 0, undefined],
    ["", 0, undefined],
  ])("of %j, number %i is %j", (tag, index, part) => {
    expect(read(`$TAG[${index}]`, {}, tag)).toBe(part);
  });

  test("are each tag's own, one after the other", () => {
    const reader = new KeyExpressionReader(parseKeyExpression("$TAG[1]"));
    const input = inputOf(encodeValue({}));
    expect(["a.b", "a.c", "a.b", "d"].map((tag) => reader.read(input, 0, [], tag))).toEqual(["b", "c", "b", undefined]);
  });

  test("an empty tag counts as missing", () => {
    expect(read("$TAG, app", record, "")).toBe("web");
  });
});

test("a text is cut to the characters that are asked for, over all its parts", () => {
  const body = { a: "é".repeat(3), b: "𝄞".repeat(3) };
  expect(read("$a-$b", body, "tag", 5)).toBe("ééé-𝄞");
  expect(read("$a-$b", body, "tag", 7)).toBe("ééé-𝄞𝄞𝄞");
  expect(read("$a-$b", body, "tag", 8)).toBe("ééé-𝄞𝄞𝄞");
  expect(read("$a", { a: "x".repeat(1000) })).toBe("x".repeat(1000));
});

test("an entry that is added goes before the record's own", () => {
  const time = new TimeEntry(keyOf("time"), new TimeFormat("%s", utcZone));
  time.set(5, 0);
  const reader = new KeyExpressionReader(parseKeyExpression("$time['own'], $time-$app"));
  expect(reader.read(inputOf(encodeValue({ time: { own: "x" }, app: "web" })), 0, [time], "tag")).toBe("5-web");
});
