// Key expressions: the paths, templates and alternatives of partition_key, and the errors of invalid ones.
import { describe, expect, test } from "vitest";
import { parseKeyExpression, singlePathOf, type KeyPart } from "../../../src/record/key_expression.js";

const text = (literal: string): KeyPart => ({ kind: "text", text: literal });
const path = (first: string, ...rest: (string | number)[]): KeyPart => ({ kind: "path", path: [first, ...rest] });
const tag: KeyPart = { kind: "tag" };
const tagPart = (index: number): KeyPart => ({ kind: "tag part", index });

test.each<[string, KeyPart]>([
  ["pod", path("pod")],
  ["a->b->c", path("a", "b", "c")],
  ["->", path("", "")],
  ["a->->b", path("a", "", "b")],
  [" a b ", path(" a b ")],
  ["a.b['c']", path("a.b['c']")],
  ["TAG", path("TAG")],
])("a text without $ is a path of keys, as in the Go plugin: %j", (expression, part) => {
  expect(parseKeyExpression(expression)).toEqual([[part]]);
});

test.each<[string, KeyPart[]]>([
  ["$app", [path("app")]],
  ["$_", [path("_")]],
  ["$log-name/x_1", [path("log-name/x_1")]],
  ["$kubernetes['pod_name']", [path("kubernetes", "pod_name")]],
  ["$a['b'][0]['c']", [path("a", "b", 0, "c")]],
  ["$a[10]", [path("a", 10)]],
  ["$a['it''s']['']['b, c->d $e ]']", [path("a", "it's", "", "b, c->d $e ]")]],
  ["$['any.key, at->all']['x']", [path("any.key, at->all", "x")]],
  ["$tag", [path("tag")]],
  ["$['TAGS']", [path("TAGS")]],
  ["$TAG", [tag]],
  ["$TAG[0]", [tagPart(0)]],
  ["$TAG[12]", [tagPart(12)]],
  ["$TAGS", [tag, text("S")]],
  ["$a.b", [path("a"), text(".b")]],
  ["$a b", [path("a"), text(" b")]],
  ["$a:$b", [path("a"), text(":"), path("b")]],
  ["$a$b", [path("a"), path("b")]],
  ["$a-b/$c-$TAG", [path("a-b"), text("/"), path("c"), text("-"), tag]],
  ["$a-/", [path("a-/")]],
  ["$kubernetes['namespace_name']/$app", [path("kubernetes", "namespace_name"), text("/"), path("app")]],
  ["logs-$TAG[1]", [text("logs-"), tagPart(1)]],
  ["$TAG[0]$app!", [tagPart(0), path("app"), text("!")]],
  [" $a ", [text(" "), path("a"), text(" ")]],
])("a text with $ is a template of record accessors: %j", (expression, parts) => {
  expect(parseKeyExpression(expression)).toEqual([parts]);
});

test.each<[string, KeyPart[][]]>([
  ["a,b", [[path("a")], [path("b")]]],
  ["kubernetes->pod_name , \thost", [[path("kubernetes", "pod_name")], [path("host")]]],
  ["$a['x, y'] ,b c, d-$TAG ,e", [[path("a", "x, y")], [path("b c")], [text("d-"), tag], [path("e")]]],
  ["$a ,b", [[path("a")], [path("b")]]],
])("commas separate templates, and blanks around them are ignored: %j", (expression, templates) => {
  expect(parseKeyExpression(expression)).toEqual(templates);
});

describe("an invalid key expression is rejected with its reason", () => {
  test.each([
    ["", "it is empty"],
    [",", "it has nothing before or after a comma"],
    ["a,", "it has nothing before or after a comma"],
    ["a, ,b", "it has nothing before or after a comma"],
    ["$", "a name, ['a key'] or TAG must follow $ (at \"$\")"],
    ["a-$", "a name, ['a key'] or TAG must follow $ (at \"$\")"],
    ["$0", "a name, ['a key'] or TAG must follow $ (at \"$0\")"],
    ["$$a", "a name, ['a key'] or TAG must follow $ (at \"$$a\")"],
    ["$[0]", "a name, ['a key'] or TAG must follow $ (at \"$[0]\")"],
    ["$['a]", "a name, ['a key'] or TAG must follow $ (at \"$['a]\")"],
    ["$['a'''']x", "a name, ['a key'] or TAG must follow $ (at \"$['a'''']x\")"],
    ["$größe", "a key with letters other than a to z must be in brackets: $['key'] (at \"$größe\")"],
    ["$a[b]", "brackets must contain a key in single quotes or a position in a list (at \"$a[b]\")"],
    ["$a['b'][", "brackets must contain a key in single quotes or a position in a list (at \"$a['b'][\")"],
    ["$a[01]", "brackets must contain a key in single quotes or a position in a list (at \"$a[01]\")"],
    ["$a[-1]", "brackets must contain a key in single quotes or a position in a list (at \"$a[-1]\")"],
    ["$TAG[x]", "a part of the tag must be [0], [1] and so on (at \"$TAG[x]\")"],
    ["$TAG['x']", "a part of the tag must be [0], [1] and so on (at \"$TAG['x']\")"],
    ["$a->b", "it mixes $ and ->; write $a['b'] instead of $a->b"],
    ["$a['b']->c", "it mixes $ and ->; write $a['b'] instead of $a->b"],
    ["a->$b", "it mixes $ and ->; write $a['b'] instead of $a->b"],
  ])("%j", (expression, reason) => {
    expect(() => parseKeyExpression(expression)).toThrow(new RangeError(reason));
  });
});

test("singlePathOf returns the path of an expression that is one path only", () => {
  expect(singlePathOf(parseKeyExpression("a->b"))).toEqual(["a", "b"]);
  expect(singlePathOf(parseKeyExpression("$a['b'][0]"))).toEqual(["a", "b", 0]);
  for (const other of ["a,b", "$a$b", "$TAG", "x$a"]) expect(singlePathOf(parseKeyExpression(other))).toBeUndefined();
});
