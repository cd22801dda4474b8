/** Evaluates key expressions on records. */
import type { Input } from "../chunk/msgpack.js";
import type { AddedEntry } from "./added_entry.js";
import type { KeyExpression, KeyPart } from "./key_expression.js";
import { cutCharacters, isKey, keyOf, stepsOf, ValueTextReader, type Step } from "./value_text.js";

/** A path with its keys encoded as bytes. */
interface EncodedPath {
  readonly kind: "path";
  readonly first: Input;
  readonly rest: readonly Step[];
  /** `first` and `rest`. */
  readonly steps: readonly Step[];
}

type Part = Exclude<KeyPart, { readonly kind: "path" }> | EncodedPath;

/** Evaluates one expression on records. */
export class KeyExpressionReader {
  readonly #templates: readonly (readonly Part[])[];
  readonly #maxCharacters: number;
  readonly #values: ValueTextReader;
  #tag = "";
  #tagParts: readonly string[] = [];

  /** @param maxCharacters maximum Unicode characters; longer texts are cut */
  constructor(expression: KeyExpression, maxCharacters = Number.POSITIVE_INFINITY) {
    this.#templates = expression.map((template) => template.map(encoded));
    this.#maxCharacters = maxCharacters;
    this.#values = new ValueTextReader(maxCharacters);
  }

  /**
   * Returns the expression's text for the record with the map at `body` and with this tag, or undefined if no template has a text.
   * @param added entries added to the record; they replace the body's entries with the same keys
   */
  read(input: Input, body: number, added: readonly AddedEntry[], tag: string): string | undefined {
    for (const template of this.#templates) {
      const text = this.#textOf(template, input, body, added, tag);
      if (text !== undefined) return cutCharacters(text, this.#maxCharacters);
    }
    return undefined;
  }

  #textOf(template: readonly Part[], input: Input, body: number, added: readonly AddedEntry[], tag: string): string | undefined {
    let whole = "";
    for (const part of template) {
      const text = this.#partText(part, input, body, added, tag);
      if (text === undefined || text === "") return undefined;
      whole += text;
    }
    return whole;
  }

  #partText(part: Part, input: Input, body: number, added: readonly AddedEntry[], tag: string): string | undefined {
    switch (part.kind) {
      case "text":
        return part.text;
      case "tag":
        return tag;
      case "tag part":
        return this.#partsOf(tag)[part.index];
      case "path":
        return this.#valueText(part, input, body, added);
    }
  }

  #valueText({ first, rest, steps }: EncodedPath, input: Input, body: number, added: readonly AddedEntry[]): string | undefined {
    for (const entry of added) {
      if (isKey(entry.input, entry.keyStart, entry.key.end, first)) return this.#values.read(entry.input, entry.value, rest);
    }
    return this.#values.read(input, body, steps);
  }

  #partsOf(tag: string): readonly string[] {
    if (tag !== this.#tag) {
      this.#tag = tag;
      this.#tagParts = tag.split(".");
    }
    return this.#tagParts;
  }
}

function encoded(part: KeyPart): Part {
  if (part.kind !== "path") return part;
  const [first, ...rest] = part.path;
  const key = keyOf(first);
  const steps = stepsOf(rest);
  return { kind: "path", first: key, rest: steps, steps: [key, ...steps] };
}
