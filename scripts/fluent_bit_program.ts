/** Finds Fluent Bit's program on this machine. */
import { existsSync } from "node:fs";
import path from "node:path";
import type { Environment } from "../src/network/environment.js";

/** Path in Fluent Bit's own packages, which is not on PATH. */
const packagedProgram = "/opt/fluent-bit/bin/fluent-bit";

/**
 * Returns the program that FLUENT_BIT names, else the fluent-bit on PATH, else that of Fluent Bit's packages.
 * @param exists returns whether a file exists
 */
export function findFluentBit({ FLUENT_BIT: named = "", PATH: search = "" }: Environment, exists: (file: string) => boolean = existsSync): string | undefined {
  const onPath = search.split(path.delimiter).filter((folder) => folder !== "").map((folder) => path.join(folder, "fluent-bit"));
  return [named, ...onPath, packagedProgram].find((candidate) => candidate !== "" && exists(candidate));
}
