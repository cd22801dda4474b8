/** Finds paths that match a pattern of glob(3), with `*`, `?`, `[…]` and a backslash: Node 18 has no glob. */
import { lstatSync, readdirSync } from "node:fs";
import path from "node:path";

/** Returns existing paths, in no particular order; a `*` or `?` at the start of a name does not match a dot. */
export function glob(pattern: string): string[] {
  const [first = "", ...rest] = pattern.split("/");
  const start = first === "" ? ["/"] : step([""], first);
  return rest.filter((name) => name !== "").reduce(step, start);
}

function step(folders: readonly string[], name: string): string[] {
  if (!/[*?[\\]/u.test(name)) return folders.map((folder) => path.join(folder, name)).filter(isThere);
  const wanted = namePattern(name);
  if (wanted === undefined) return [];
  return folders.flatMap((folder) =>
    namesIn(folder)
      .filter((found) => wanted.test(found) && (!found.startsWith(".") || /^\\?\./u.test(name)))
      .map((found) => path.join(folder, found)),
  );
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder === "" ? "." : folder);
  } catch {
    return []; // glob(3) skips an entry that is not a folder or is unreadable.
  }
}

/** Also true for a dangling link. */
function isThere(found: string): boolean {
  try {
    return lstatSync(found, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

// Named classes of a set, as in [[:digit:]]: ASCII only, since Fluent Bit sets no locale.
const classes: Readonly<Record<string, string>> = {
  ...{ alnum: "0-9A-Za-z", alpha: "A-Za-z", blank: " \\t", cntrl: "\\0-\\x1f\\x7f", digit: "0-9", graph: "!-~" },
  ...{ lower: "a-z", print: " -~", punct: "!-\\/:-@\\[-`\\{-~", space: " \\t-\\r", upper: "A-Z", xdigit: "0-9A-Fa-f" },
};

// A set, whose first character may be "]", or one character; an unclosed "[" is a plain character.
const part = /\[(?<not>[!^]|(?![!^]))(?<set>(?:\[:[a-z]+:\]|\\[^]|[^\\])(?:\[:[a-z]+:\]|\\[^]|[^\\\]])*)\]|\\?[^]/gu;
const partOfSet = /\[:(?<name>[a-z]+):\]|\\?[^]/gu;

/** Returns the expression for a pattern without slashes; undefined for a pattern that matches no name, such as `[z-a]`. */
export function namePattern(name: string): RegExp | undefined {
  const source = name.replace(part, (text: string, not: string, set: string | undefined) => {
    if (set !== undefined) return `[${not === "" ? "" : "^"}${set.replace(partOfSet, sourceInSet)}]`;
    if (text === "*") return ".*";
    return text === "?" ? "." : literal(text);
  });
  try {
    return new RegExp(`^${source}$`, "su");
  } catch {
    return undefined;
  }
}

/** Returns the source of a part of a set. An unknown class makes the whole set match nothing. */
function sourceInSet(text: string, className: string | undefined): string {
  if (className !== undefined) return classes[className] ?? "z-a";
  return text === "-" || text === "\\-" ? text : literal(text);
}

/** Returns the source of a literal character, with or without its backslash. */
function literal(text: string): string {
  return text.replace(/^\\(?=[^])/u, "").replace(/[\\^$.*+?()[\]{}|/]/u, "\\$&");
}
