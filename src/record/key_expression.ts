/** Parses the expressions of `partition_key` and `stream_key`: key paths, templates with record accessors, and alternatives of them. */

/** A step into a value: a key of a map, or a position in a list, from 0. */
export type KeyStep = string | number;

/** Steps from a record to one of its values. */
export type KeyPath = readonly [string, ...KeyStep[]];

/** One part of a template. */
export type KeyPart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "path"; readonly path: KeyPath }
  | { readonly kind: "tag" }
  /** The tag's part between dots, counted from 0. */
  | { readonly kind: "tag part"; readonly index: number };

/** Parts whose texts are concatenated. If one has no text, the whole template has none. */
export type KeyTemplate = readonly [KeyPart, ...KeyPart[]];

/** Alternatives: the first template that has a text is used. */
export type KeyExpression = readonly [KeyTemplate, ...KeyTemplate[]];

/**
 * Parses a path (`kubernetes->pod_name`), a template with record accessors (`$kubernetes['pod_name']-$TAG[1]`), or several of either
 * separated by commas.
 *
 * Source of the accessors: Fluent Bit, src/flb_record_accessor.c (`ra_parse_buffer`) and src/record_accessor/ra.l: `$TAG` has precedence over
 * names; a name may contain `-` and `/` and ends at a dot. Fluent Bit rejects two adjacent accessors; here, the next `$` ends the first one.
 * @throws RangeError with the error and its place
 */
export function parseKeyExpression(text: string): KeyExpression {
  return new Parser(text).parse();
}

/** Returns the path of an expression that consists of one path, else undefined. */
export function singlePathOf([[part, ...parts], ...templates]: KeyExpression): KeyPath | undefined {
  return part.kind === "path" && parts.length === 0 && templates.length === 0 ? part.path : undefined;
}

/** Before another accessor, trailing `-` and `/` are not part of the name: they separate the two. */
const namePattern = /[A-Za-z_](?:[\w/-]*\w)?(?=[/-]*\$)|[A-Za-z_][\w/-]*/y;
const quotedPattern = /\['((?:[^']|'')*)'\]/y;
const indexPattern = /\[(0|[1-9]\d*)\]/y;
const literalPattern = /[^$,]+/y;
const separatorPattern = /,[ \t]*/y;
/** Matches after a name that ends within a word. */
const letterPattern = /[\p{L}\p{N}]/uy;
const arrow = "->";

class Parser {
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): KeyExpression {
    const first = this.#template();
    const others: KeyTemplate[] = [];
    while (this.#match(separatorPattern) !== undefined) others.push(this.#template());
    return [first, ...others];
  }

  #template(): KeyTemplate {
    const parts: KeyPart[] = [];
    let literal = "";
    let hasArrow = false;
    for (;;) {
      if (this.#text[this.#position] === "$") {
        this.#position++;
        parts.push(this.#accessor());
        continue;
      }
      const match = this.#match(literalPattern);
      if (match === undefined) break;
      // Ignores blanks before a comma.
      literal = this.#text[this.#position] === "," ? match[0].replace(/[ \t]+$/u, "") : match[0];
      hasArrow ||= literal.includes(arrow);
      if (literal !== "") parts.push({ kind: "text", text: literal });
    }
    const [first, ...rest] = parts;
    if (first === undefined) throw new RangeError(this.#text === "" ? "it is empty" : "it has nothing before or after a comma");
    const hasAccessor = parts.some(({ kind }) => kind !== "text");
    if (!hasAccessor) return [{ kind: "path", path: literal.split(arrow) as [string, ...string[]] }];
    if (hasArrow) throw new RangeError("it mixes $ and ->; write $a['b'] instead of $a->b");
    return [first, ...rest];
  }

  /** Parses an accessor after its "$". */
  #accessor(): KeyPart {
    const start = this.#position - 1;
    if (this.#text.startsWith("TAG", this.#position)) {
      this.#position += "TAG".length;
      if (this.#text[this.#position] !== "[") return { kind: "tag" };
      const part = this.#match(indexPattern);
      if (part === undefined) throw this.#wrong(start, "a part of the tag must be [0], [1] and so on");
      return { kind: "tag part", index: Number(part[1]) };
    }
    const first = this.#match(namePattern)?.[0] ?? this.#quoted();
    if (first === undefined) throw this.#wrong(start, "a name, ['a key'] or TAG must follow $");
    if (this.#match(letterPattern) !== undefined) throw this.#wrong(start, "a key with letters other than a to z must be in brackets: $['key']");
    // A "-" that begins an arrow is not part of the name.
    if (first.endsWith("-") && this.#text[this.#position] === ">") this.#position--;
    const rest: KeyStep[] = [];
    while (this.#text[this.#position] === "[") {
      const step = this.#quoted() ?? this.#index();
      if (step === undefined) throw this.#wrong(start, "brackets must contain a key in single quotes or a position in a list");
      rest.push(step);
    }
    return { kind: "path", path: [first, ...rest] };
  }

  /** Parses a key in brackets and single quotes; a doubled quote stands for one. */
  #quoted(): string | undefined {
    return this.#match(quotedPattern)?.[1]?.replaceAll("''", "'");
  }

  #index(): number | undefined {
    const match = this.#match(indexPattern);
    return match === undefined ? undefined : Number(match[1]);
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#position;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.#position = pattern.lastIndex;
    return match;
  }

  #wrong(start: number, reason: string): RangeError {
    return new RangeError(`${reason} (at "${this.#text.slice(start, start + 20)}")`);
  }
}
