// The programs that a comparison runs: Fluent Bit and the libraries of the outputs.
import { copyFileSync, existsSync } from "node:fs";
import path from "node:path";
import { PLUGIN } from "../../support/plugin_host.js";
import type { Output, Variant } from "./variant.js";

export interface Programs {
  readonly fluentBit: string;
  /** Another build of this plugin. */
  readonly base: string | undefined;
  /** Another Go-style plugin. */
  readonly peer: string | undefined;
}

/** Leaves out the variants of a peer that is not named. */
export function withoutPeer(variants: readonly string[], { peer }: Programs): string[] {
  return variants.filter((name) => peer !== undefined || !name.startsWith("peer"));
}

/** The variant's library; undefined for an output that Fluent Bit has itself. */
export function libraryOf({ output }: Variant, { base, peer }: Programs): string | undefined {
  const libraries: Partial<Record<Output, string | undefined>> = { ours: PLUGIN, base, peer };
  if (!(output in libraries)) return undefined;
  const library = libraries[output];
  if (library === undefined) throw new Error(`${output.toUpperCase()}_PLUGIN does not name a library`);
  if (!existsSync(library)) throw new Error(`the library of '${output}' is missing: ${library}`);
  return library;
}

/** Copies the libraries, so that a build meanwhile does not change a run; gives the copy of each output that has one. */
export function copyPlugins(variants: readonly Variant[], programs: Programs, folder: string): Partial<Record<Output, string>> {
  const copies: Partial<Record<Output, string>> = {};
  for (const variant of variants) {
    const library = libraryOf(variant, programs);
    if (library === undefined || variant.output in copies) continue;
    const copy = path.join(folder, `${variant.output}.so`);
    copyFileSync(library, copy);
    copies[variant.output] = copy;
  }
  return copies;
}
