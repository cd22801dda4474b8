// Copies papers into packages, and finds the machine, the times and the sums of their files.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const projectFolder = fileURLToPath(new URL("..", import.meta.url));

export const manifest = JSON.parse(readFileSync(join(projectFolder, "package.json"), "utf8"));

// 1980-01-01, the first time that every archive format has; used without both SOURCE_DATE_EPOCH and git.
const earliestSecond = 315_532_800;

/** Returns the machine of a library, by e_machine of its ELF header. @throws Error for another file */
export function machineOf(file) {
  const bytes = readFileSync(file);
  const machine = bytes.toString("latin1", 0, 4) === "\x7fELF" ? { 62: "x64", 183: "arm64" }[bytes.readUInt16LE(18)] : undefined;
  if (machine === undefined) throw new Error(`${file} is not a library for x86-64 or arm64`);
  return machine;
}

/** Returns the time of all files in a package, in seconds since 1970. @throws Error for an invalid SOURCE_DATE_EPOCH */
export function secondsOfFiles() {
  const { SOURCE_DATE_EPOCH: given } = process.env;
  if (given !== undefined && given !== "") {
    if (/^\d+$/.test(given)) return Number(given);
    throw new Error(`SOURCE_DATE_EPOCH is ${given}, which is not a number of seconds`);
  }
  const { status, stdout } = spawnSync("git", ["log", "-1", "--format=%ct"], { cwd: projectFolder, encoding: "utf8" });
  return status === 0 && stdout !== "" ? Number(stdout) : earliestSecond;
}

/** Copies a file or folder of the project. */
export function copyOurs(from, target, to = from) {
  cpSync(join(projectFolder, from), join(target, to), { recursive: true });
}

/** Copies the licences, the README and all files that these texts link to. */
export function copyPapers(target) {
  const papers = ["LICENSE", "THIRD-PARTY", "README.md", "docs", "examples", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "test/bench/results"];
  for (const name of papers) copyOurs(name, target);
}

/** Returns the paths of all files below a folder. */
export function filesIn(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesIn(path) : [path];
  });
}

/** Returns the sums of files below a folder in the form of `sha256sum --check`. */
export function sumsOf(folder, files) {
  const names = files.map((file) => relative(folder, file)).sort();
  return names.map((name) => `${createHash("sha256").update(readFileSync(join(folder, name))).digest("hex")}  ${name}\n`).join("");
}
