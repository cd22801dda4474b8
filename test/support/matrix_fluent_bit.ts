// Runs the real Fluent Bit (FLUENT_BIT) in the trees of other Debians, each with the shared libraries that it lacks.
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import type { FluentBitSettings } from "./fluent_bit.js";
import { ROOT } from "./host_program.js";
import type { MatrixCell } from "./matrix.js";
import { inOtherRoot } from "./other_root.js";

const FOLDER = "/opt/fluent-bit";
/** Folders of shared libraries in Debian and its derivatives. */
const LIBRARY_FOLDERS = ["lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu", "lib64", "lib", "usr/lib"];

/** The program, or "" if none is named. */
export const fluentBitProgram = process.env["FLUENT_BIT"] ?? "";

/** Returns the versions of glibc's symbols that the program needs and the tree lacks: it was built on a newer system. */
export function missingGlibc(cell: MatrixCell): string[] {
  const versionsIn = (file: string) => new Set(readFileSync(file, "latin1").match(/GLIBC_\d+\.\d+/gu) ?? []);
  const libc = LIBRARY_FOLDERS.map((place) => path.join(cell.tree, place, "libc.so.6")).find((file) => existsSync(file));
  const known = libc === undefined ? new Set<string>() : versionsIn(libc);
  return [...versionsIn(fluentBitProgram)].filter((version) => !known.has(version));
}

/** Copies the program and the libraries that the tree lacks into a folder of this machine; returns the folder. */
export function stageFluentBit(cell: MatrixCell): string {
  const folder = path.join(ROOT, "build", "matrix-fluent-bit", `${cell.suite}-${cell.runtime}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  copyFileSync(fluentBitProgram, path.join(folder, "fluent-bit"));
  const listing = execFileSync("ldd", [fluentBitProgram], { encoding: "utf8" });
  for (const [, name = "", file = ""] of listing.matchAll(/^\s*(\S+) => (\/\S+)/gm)) {
    if (!LIBRARY_FOLDERS.some((place) => existsSync(path.join(cell.tree, place, name)))) copyFileSync(file, path.join(folder, name));
  }
  return folder;
}

/** Returns settings with which Fluent Bit runs in the tree, with only this machine's folder for temporary files. */
export function fluentBitIn(cell: MatrixCell, staged: string, plugin: string): FluentBitSettings {
  const other = inOtherRoot(cell.tree, [[path.dirname(plugin), "/opt/kinesis"], [staged, FOLDER]]);
  return {
    program: other.command,
    extraArguments: [...other.args, `${FOLDER}/fluent-bit`],
    plugin: other.inside(plugin),
    environment: { ...other.environment, KINESIS_RUNTIME: cell.runtime, LD_LIBRARY_PATH: FOLDER },
  };
}
