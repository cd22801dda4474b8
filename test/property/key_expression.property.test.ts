// Property: for any key expression and any record, the reader finds the same value as a plain walk over objects.
import { encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { expect, test } from "vitest";
import { inputOf } from "../../src/chunk/msgpack.js";
import { parseKeyExpression } from "../../src/record/key_expression.js";
import { KeyExpressionReader } from "../../src/record/key_expression_reader.js";

type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain };
type Part =
  | { readonly literal: string }
  | { readonly path: readonly [string, ...(string | number)[]]; readonly isQuoted: boolean }
  | { readonly tagPart: number | undefined };
type Alternative = { readonly keys: readonly string[] } | { readonly parts: readonly Part[] };

/** Few names, so that expressions often name a key of the record. */
const names = ["a", "b_c", "d-e/f", "TAG"];
const oddNames = ["it's", "x, y", "a->b", "$a", "größe", "", "]"];
const anyName = fc.constantFrom(...names, ...oddNames);

const { value } = fc.letrec<{ value: Plain }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom<Plain>(null, true, false, "", "x", "é𝄞", 0, -7, 1.5),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(anyName, tie("value"), { maxKeys: 5 }),
  ),
}));
const record = fc.dictionary(anyName, value, { minKeys: 1, maxKeys: 8 });

const step = fc.oneof(anyName, fc.nat(2));
const path = fc.tuple(anyName, fc.array(step, { maxLength: 2 })).map(([first, rest]) => [first, ...rest] as const);
const part: fc.Arbitrary<Part> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ path, isQuoted: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ tagPart: fc.option(fc.nat(3), { nil: undefined }) }) },
  // A literal begins with a character that cannot be part of a name, and has no blanks at its ends.
  { weight: 1, arbitrary: fc.constantFrom(":", ".x", "! z", "]").map((literal) => ({ literal })) },
);
const isLiteral = (one: Part) => "literal" in one;
/** Parts of an expression, at least one of which is not a literal. */
const parts = fc.array(part, { minLength: 1, maxLength: 4 }).filter((all) => !all.every(isLiteral));
const alternative: fc.Arbitrary<Alternative> = fc.oneof(
  fc.record({ parts }),
  fc.record({ keys: fc.array(fc.constantFrom("a", "b_c", "d-e/f", "TAG", "it's", "größe"), { minLength: 1, maxLength: 3 }) }),
);
const separator = fc.constantFrom(",", ", ", " ,", " \t, ");

const quoted = (key: string) => `['${key.replaceAll("'", "''")}']`;

function partText(one: Part): string {
  if ("literal" in one) return one.literal;
  if ("tagPart" in one) return one.tagPart === undefined ? "$TAG" : `$TAG[${one.tagPart}]`;
  const [first, ...rest] = one.path;
  const isName = ["a", "b_c", "d-e/f"].includes(first) && !one.isQuoted;
  return `$${isName ? first : quoted(first)}${rest.map((each) => (typeof each === "number" ? `[${each}]` : quoted(each))).join("")}`;
}

const textOf = (one: Alternative) => ("keys" in one ? one.keys.join("->") : one.parts.map(partText).join(""));

function follow(body: Plain, steps: readonly (string | number)[]): string | undefined {
  let found: Plain | undefined = body;
  for (const each of steps) {
    if (typeof each === "number") found = Array.isArray(found) ? (found as readonly Plain[])[each] : undefined;
    else found = typeof found === "object" && found !== null && !Array.isArray(found) && Object.hasOwn(found, each) ? (found as Record<string, Plain>)[each] : undefined;
  }
  return found === undefined || found === null || found === "" || typeof found === "object" ? undefined : String(found);
}

function partOf(one: Part, body: Plain, tag: string): string | undefined {
  if ("literal" in one) return one.literal;
  if ("path" in one) return follow(body, one.path);
  const text = one.tagPart === undefined ? tag : tag.split(".")[one.tagPart];
  return text === "" ? undefined : text;
}

function expectedOf(alternatives: readonly Alternative[], body: Plain, tag: string): string | undefined {
  for (const one of alternatives) {
    const texts = "keys" in one ? [follow(body, one.keys)] : one.parts.map((each) => partOf(each, body, tag));
    if (!texts.includes(undefined)) return texts.join("");
  }
  return undefined;
}

test("a key expression finds the same as a plain walk over objects", () => {
  const seen = { found: 0, missing: 0, later: 0 };
  fc.assert(
    fc.property(
      fc.array(alternative, { minLength: 1, maxLength: 3 }), fc.array(separator, { minLength: 2, maxLength: 2 }), record,
      fc.constantFrom("", "app", "a.b", "kube.var.log", "a..b", "a."), fc.constantFrom(1, 3, 256, Number.POSITIVE_INFINITY),
      (alternatives, separators, body, tag, maxCharacters) => {
        const text = alternatives.map((one, index) => `${index === 0 ? "" : separators[index - 1]}${textOf(one)}`).join("");
        const reader = new KeyExpressionReader(parseKeyExpression(text), maxCharacters);
        const whole = expectedOf(alternatives, body, tag);
        const expected = whole === undefined ? undefined : Array.from(whole).slice(0, maxCharacters).join("");
        const input = inputOf(encode(body));
        expect(reader.read(input, 0, [], tag)).toBe(expected);
        // Again, with the state that the reader kept from the first time.
        expect(reader.read(input, 0, [], tag)).toBe(expected);
        seen[whole === undefined ? "missing" : "found"]++;
        if (whole !== undefined && expectedOf(alternatives.slice(0, 1), body, tag) === undefined) seen.later++;
      },
    ),
    { numRuns: 5000 },
  );
  // Makes sure that the runs included each outcome often.
  expect(Math.min(seen.found, seen.missing, seen.later)).toBeGreaterThan(100);
});

test("any key expression is parsed or rejected with a RangeError", () => {
  const seen = { parsed: 0, refused: 0 };
  const pieces = fc.constantFrom("$", "a", "TAG", "[", "]", "'", "0", "->", ",", " ", "é", "-", "/", ".");
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 10 }), (chosen) => {
      try {
        const templates = parseKeyExpression(chosen.join(""));
        for (const template of templates) expect(template.length).toBeGreaterThan(0);
        seen.parsed++;
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
        seen.refused++;
      }
    }),
    { numRuns: 5000 },
  );
  expect(Math.min(seen.parsed, seen.refused)).toBeGreaterThan(100);
});
