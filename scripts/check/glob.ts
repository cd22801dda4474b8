/** Paths that match a pattern of glob(3), with `*`, `?` and `[…]`: Node 18 has none of its own. */
import { lstatSync, readdirSync } from "node:fs";
import path from "node:path";

/** Existing paths in no particular order; a `*` or `?` at the start of a name does not match a dot. */
export function glob(pattern: string): string[] {
  const [first = "", ...rest] = pattern.split("/");
  const start = first === "" ? ["/"] : step([""], first);
  return rest.filter((name) => name !== "").reduce(step, start);
}

function step(folders: readonly string[], name: string): string[] {
  if (!/[*?[]/u.test(name)) return folders.map((folder) => path.join(folder, name)).filter(isThere);
  const wanted = namePattern(name);
  if (wanted === undefined) return [];
  return folders.flatMap((folder) =>
    namesIn(folder)
      .filter((found) => wanted.test(found) && (!found.startsWith(".") || name.startsWith(".")))
      .map((found) => path.join(folder, found)),
  );
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder === "" ? "." : folder);
  } catch {
    return []; // glob(3) passes over what is no folder, or cannot be read.
  }
}

/** Also a link that leads nowhere. */
function isThere(found: string): boolean {
  try {
    return lstatSync(found, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

/** Returns the names that a pattern without slashes stands for; undefined for what can match no name, such as `[z-a]`. */
export function namePattern(name: string): RegExp | undefined {
  const parts = name.match(/\[!?\]?[^\]]*\]|[^]/gu) ?? [];
  const source = parts.map((part) => {
    if (part === "*") return ".*";
    if (part === "?") return ".";
    if (part.length > 1 && part.startsWith("[")) return `[${part.slice(1, -1).replace(/^!/u, "^").replace(/[\\\]]/gu, "\\$&")}]`;
    return part.replace(/[\\^$.*+?()[\]{}|/]/gu, "\\$&");
  });
  try {
    return new RegExp(`^${source.join("")}$`, "u");
  } catch {
    return undefined;
  }
}
