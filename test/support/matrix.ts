// Finds the trees of other Debians that scripts/matrix_trees.sh has made, and the runtimes of Node.js in each.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { PLUGIN } from "./host_program.js";

/** A Debian tree, and the runtime to use in it. */
export interface MatrixCell {
  readonly suite: string;
  /** Folder of the tree. */
  readonly tree: string;
  readonly runtime: "embedded" | "process";
}

const trees = (process.env["KINESIS_TEST_MATRIX"] ?? "").split(":").filter((tree) => existsSync(tree));

function whySkipped(): string | undefined {
  const reason = process.env["KINESIS_TEST_MATRIX_SKIPPED"];
  if (reason !== undefined && reason !== "") return reason;
  if (trees.length === 0) return "there are no trees; run as root: make test-matrix";
  if (process.getuid?.() !== 0) return "only root can change its root";
  if (!existsSync(PLUGIN)) return "there is no kinesis.so; run: make";
  return undefined;
}

/** Reason why nothing can be tested in other Debians; undefined if it can. */
export const matrixSkipped = whySkipped();

/** Returns a title with the reason if the tests under it are skipped. */
export function matrixTitle(title: string): string {
  return matrixSkipped === undefined ? title : `${title} (skipped: ${matrixSkipped})`;
}

/** Both runtimes in each tree, or only the one that its libnode or its program node allows. */
export const matrixCells: readonly MatrixCell[] =
  trees.length === 0 ? [{ suite: "any", tree: "", runtime: "embedded" }] : trees.flatMap(cellsOf);

function cellsOf(tree: string): MatrixCell[] {
  const cell = { suite: path.basename(tree), tree };
  const program: MatrixCell[] = existsSync(path.join(tree, "usr/bin/node")) ? [{ ...cell, runtime: "process" }] : [];
  return program.length > 0 && !hasLibnode(tree) ? program : [{ ...cell, runtime: "embedded" }, ...program];
}

function hasLibnode(tree: string): boolean {
  const folders = ["usr/lib64", "usr/lib", "usr/lib/x86_64-linux-gnu"].map((folder) => path.join(tree, folder)).filter((folder) => existsSync(folder));
  return folders.some((folder) => readdirSync(folder).some((name) => name.startsWith("libnode.so.")));
}

/** Returns the tree's own version, such as "13.8". */
export function debianVersion(tree: string): string {
  const file = path.join(tree, "etc/debian_version");
  return existsSync(file) ? readFileSync(file, "utf8").trim() : "of any version";
}
