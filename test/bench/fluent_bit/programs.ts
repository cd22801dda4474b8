// Finds the programs of a comparison: Fluent Bit and the libraries of the outputs.
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

/** Removes the variants of a peer that is not named. */
export function withoutPeer(variants: readonly string[], { peer }: Programs): string[] {
  return variants.filter((name) => peer !== undefined || !name.startsWith("peer"));
}

/** Returns the variant's library; undefined for one of Fluent Bit's own outputs. */
export function libraryOf({ output }: Variant, { base, peer }: Programs): string | undefined {
  const libraries: Partial<Record<Output, string | undefined>> = { ours: PLUGIN, base, peer };
  if (!(output in libraries)) return undefined;
  const library = libraries[output];
  if (library === undefined) throw new Error(`${output.toUpperCase()}_PLUGIN is unset`);
  if (!existsSync(library)) throw new Error(`the library of '${output}' is missing: ${library}`);
  return library;
}

/** Copies the libraries, so that a build meanwhile does not affect a run; returns the copy of each output that has one. */
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
