// What the packages have in common: which papers go along, from when their files are, and the sums of them.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const projectFolder = fileURLToPath(new URL("..", import.meta.url));

export const manifest = JSON.parse(readFileSync(join(projectFolder, "package.json"), "utf8"));

// The first time that every archiver can say; only where there are neither SOURCE_DATE_EPOCH nor git.
const earliestSecond = 315_532_800;

/** The machine that a library is for, by e_machine of its ELF header. @throws Error for another file */
export function machineOf(file) {
  const bytes = readFileSync(file);
  const machine = bytes.toString("latin1", 0, 4) === "\x7fELF" ? { 62: "x64", 183: "arm64" }[bytes.readUInt16LE(18)] : undefined;
  if (machine === undefined) throw new Error(`${file} is for no machine that is known here`);
  return machine;
}

/** Seconds since 1970 that a package says everything is from. @throws Error for a SOURCE_DATE_EPOCH that is no number */
export function secondsOfFiles() {
  const { SOURCE_DATE_EPOCH: given } = process.env;
  if (given !== undefined && given !== "") {
    if (/^\d+$/.test(given)) return Number(given);
    throw new Error(`SOURCE_DATE_EPOCH is ${given}, which is no number of seconds`);
  }
  const { status, stdout } = spawnSync("git", ["log", "-1", "--format=%ct"], { cwd: projectFolder, encoding: "utf8" });
  return status === 0 && stdout !== "" ? Number(stdout) : earliestSecond;
}

/** Copies a file or folder of the project. */
export function copyOurs(from, target, to = from) {
  cpSync(join(projectFolder, from), join(target, to), { recursive: true });
}

/** Copies the licences, the README and all that the texts lead to. */
export function copyPapers(target) {
  const papers = ["LICENSE", "THIRD-PARTY", "README.md", "docs", "examples", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "test/bench/results"];
  for (const name of papers) copyOurs(name, target);
}

/** Paths of all files below a folder. */
export function filesIn(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesIn(path) : [path];
  });
}

/** The sums of these files by their names below a folder, as `sha256sum --check` reads them. */
export function sumsOf(folder, files) {
  const names = files.map((file) => relative(folder, file)).sort();
  return names.map((name) => `${createHash("sha256").update(readFileSync(join(folder, name))).digest("hex")}  ${name}\n`).join("");
}
