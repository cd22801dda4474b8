/** Parses the texts that say where a record's partition key comes from: paths of keys, templates with record accessors, and choices of them. */

/** A step into a value: a key of a map, or a position in a list, from 0. */
export type KeyStep = string | number;

/** Steps from the record to a value in it. */
export type KeyPath = readonly [string, ...KeyStep[]];

/** One part of a template. */
export type KeyPart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "path"; readonly path: KeyPath }
  | { readonly kind: "tag" }
  /** The tag's part between dots, from 0. */
  | { readonly kind: "tag part"; readonly index: number };

/** Parts whose texts follow one another; without one of them there is no text at all. */
export type KeyTemplate = readonly [KeyPart, ...KeyPart[]];

/** Templates of which the first that has a text counts. */
export type KeyExpression = readonly [KeyTemplate, ...KeyTemplate[]];

/**
 * Parses a path (`kubernetes->pod_name`), a template with record accessors (`$kubernetes['pod_name']-$TAG[1]`), or several of either
 * with commas between.
 *
 * Source of the accessors: Fluent Bit, src/flb_record_accessor.c (`ra_parse_buffer`) and src/record_accessor/ra.l: `$TAG` goes before all
 * names, and a name takes `-` and `/` too, but ends at a dot. Fluent Bit refuses an accessor that another one follows; here it ends there.
 * @throws RangeError that says what is wrong and where
 */
export function parseKeyExpression(text: string): KeyExpression {
  return new Parser(text).parse();
}

/** Returns the path of an expression that is one path and nothing else. */
export function lonePathOf([[part, ...parts], ...templates]: KeyExpression): KeyPath | undefined {
  return part.kind === "path" && parts.length === 0 && templates.length === 0 ? part.path : undefined;
}

/** Before another accessor, `-` and `/` at the end of a name separate the two. */
const namePattern = /[A-Za-z_](?:[\w/-]*\w)?(?=[/-]*\$)|[A-Za-z_][\w/-]*/y;
const quotedPattern = /\['((?:[^']|'')*)'\]/y;
const indexPattern = /\[(0|[1-9]\d*)\]/y;
const literalPattern = /[^$,]+/y;
const separatorPattern = /,[ \t]*/y;
/** Of a name that would end in the middle of a word. */
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
      // Blanks before a comma are not part of a name.
      literal = this.#text[this.#position] === "," ? match[0].replace(/[ \t]+$/u, "") : match[0];
      hasArrow ||= literal.includes(arrow);
      if (literal !== "") parts.push({ kind: "text", text: literal });
    }
    const [first, ...rest] = parts;
    if (first === undefined) throw new RangeError(this.#text === "" ? "it is empty" : "it has a comma with nothing before or behind");
    const hasAccessor = parts.some(({ kind }) => kind !== "text");
    if (!hasAccessor) return [{ kind: "path", path: literal.split(arrow) as [string, ...string[]] }];
    if (hasArrow) throw new RangeError("it mixes $ and ->; inside a value that $ names, ['key'] leads on");
    return [first, ...rest];
  }

  /** Reads on behind "$". */
  #accessor(): KeyPart {
    const start = this.#position - 1;
    if (this.#text.startsWith("TAG", this.#position)) {
      this.#position += "TAG".length;
      if (this.#text[this.#position] !== "[") return { kind: "tag" };
      const part = this.#match(indexPattern);
      if (part === undefined) throw this.#wrong(start, "a part of the tag is [0], [1] and so on");
      return { kind: "tag part", index: Number(part[1]) };
    }
    const first = this.#match(namePattern)?.[0] ?? this.#quoted();
    if (first === undefined) throw this.#wrong(start, "a name, ['a key'] or TAG must follow $");
    if (this.#match(letterPattern) !== undefined) throw this.#wrong(start, "a key of other letters than a to z stands in brackets: $['key']");
    // The arrow would otherwise give its "-" to the name.
    if (first.endsWith("-") && this.#text[this.#position] === ">") this.#position--;
    const rest: KeyStep[] = [];
    while (this.#text[this.#position] === "[") {
      const step = this.#quoted() ?? this.#index();
      if (step === undefined) throw this.#wrong(start, "in brackets, there must be a key in single quotes or a position in a list");
      rest.push(step);
    }
    return { kind: "path", path: [first, ...rest] };
  }

  /** A key in brackets and quotes, in which two quotes stand for one. */
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
