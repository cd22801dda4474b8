/** Paths that match a pattern of glob(3), with `*`, `?` and `[…]`: Node 18 has none of its own. */
import { readdirSync } from "node:fs";
import path from "node:path";

/** Existing paths in no particular order; a `*` or `?` at the start of a name does not match a dot. */
export function glob(pattern: string): string[] {
  const [first = "", ...rest] = pattern.split("/");
  const start = first === "" ? ["/"] : step([""], first);
  return rest.filter((name) => name !== "").reduce(step, start);
}

function step(folders: readonly string[], name: string): string[] {
  if (!/[*?[]/u.test(name)) return folders.map((folder) => path.join(folder, name));
  const wanted = asRegExp(name);
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

function asRegExp(name: string): RegExp {
  const parts = name.match(/\[!?\]?[^\]]*\]|[^]/gu) ?? [];
  const source = parts.map((part) => {
    if (part === "*") return ".*";
    if (part === "?") return ".";
    if (part.length > 1 && part.startsWith("[")) return `[${part.slice(1, -1).replace(/^!/u, "^").replace(/[\\\]]/gu, "\\$&")}]`;
    return part.replace(/[\\^$.*+?()[\]{}|/]/gu, "\\$&");
  });
  return new RegExp(`^${source.join("")}$`, "u");
}
