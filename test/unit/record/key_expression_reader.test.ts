// KeyExpressionReader: texts of key expressions from records and tags.
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
  "%j has no text because a part is missing, empty, a map, a list or nil",
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
])("%j takes the first alternative that has a text", (expression, text) => {
  expect(read(expression, record)).toBe(text);
});

describe("a part of the tag", () => {
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
  ])("%j with the number %i is %j", (tag, index, part) => {
    expect(read(`$TAG[${index}]`, {}, tag)).toBe(part);
  });

  test("is taken from each record's own tag", () => {
    const reader = new KeyExpressionReader(parseKeyExpression("$TAG[1]"));
    const input = inputOf(encodeValue({}));
    expect(["a.b", "a.c", "a.b", "d"].map((tag) => reader.read(input, 0, [], tag))).toEqual(["b", "c", "b", undefined]);
  });

  test("counts as missing if the tag is empty", () => {
    expect(read("$TAG, app", record, "")).toBe("web");
  });
});

test("a text of several parts is cut to the maximum characters as a whole", () => {
  const body = { a: "é".repeat(3), b: "𝄞".repeat(3) };
  expect(read("$a-$b", body, "tag", 5)).toBe("ééé-𝄞");
  expect(read("$a-$b", body, "tag", 7)).toBe("ééé-𝄞𝄞𝄞");
  expect(read("$a-$b", body, "tag", 8)).toBe("ééé-𝄞𝄞𝄞");
  expect(read("$a", { a: "x".repeat(1000) })).toBe("x".repeat(1000));
});

test("an added entry overrides the record's own entry", () => {
  const time = new TimeEntry(keyOf("time"), new TimeFormat("%s", utcZone));
  time.set(5, 0);
  const reader = new KeyExpressionReader(parseKeyExpression("$time['own'], $time-$app"));
  expect(reader.read(inputOf(encodeValue({ time: { own: "x" }, app: "web" })), 0, [time], "tag")).toBe("5-web");
});
