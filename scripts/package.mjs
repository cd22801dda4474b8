// Packs a kinesis.so with what belongs to it into bin/kinesis-linux-MACHINE-VERSION.tar.gz: the same bytes for the same files.
//
//     node scripts/package.mjs [KINESIS_SO [FOLDER_OF_ARCHIVE]]
//
// BUNDLE_LIBNODE=1: with a libnode too, in lib/; "-libnodeNNN" is then in the archive's name. Times in the archive are
// SOURCE_DATE_EPOCH (reproducible-builds.org), or that of the last commit. Prints the archive's path.
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, cpSync, mkdirSync, openSync, closeSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gatherLibnode } from "./bundled-libnode.mjs";

const projectFolder = fileURLToPath(new URL("..", import.meta.url));
const library = resolve(process.argv[2] ?? join(projectFolder, "bin/kinesis.so"));
const archiveFolder = resolve(process.argv[3] ?? join(projectFolder, "bin"));
const withLibnode = process.env.BUNDLE_LIBNODE === "1";
const { version } = JSON.parse(readFileSync(join(projectFolder, "package.json"), "utf8"));
// The first time that every archiver can say; only where there are neither SOURCE_DATE_EPOCH nor git.
const earliestSecond = 315_532_800;

/** The machine that the library is for, by e_machine of its ELF header. */
function machineOf(file) {
  const machine = { 62: "x64", 183: "arm64" }[readFileSync(file).readUInt16LE(18)];
  if (machine === undefined) throw new Error(`${file} is for no machine that is known here`);
  return machine;
}

/** Seconds since 1970 that the archive says everything is from. */
function timeOfFiles() {
  const { SOURCE_DATE_EPOCH: given } = process.env;
  if (given !== undefined && given !== "") {
    if (/^\d+$/.test(given)) return Number(given);
    throw new Error(`SOURCE_DATE_EPOCH is ${given}, which is no number of seconds`);
  }
  const { status, stdout } = spawnSync("git", ["log", "-1", "--format=%ct"], { cwd: projectFolder, encoding: "utf8" });
  return status === 0 && stdout !== "" ? Number(stdout) : earliestSecond;
}

function libnodePath() {
  const found = execFileSync("sh", [join(projectFolder, "scripts/libnode.sh")], { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  return /^export KINESIS_TEST_LIBNODE='(.*)'$/m.exec(found)?.[1] ?? "";
}

function filesIn(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesIn(path) : [path];
  });
}

function fill(target, machine) {
  const ours = (from, to) => cpSync(join(projectFolder, from), join(target, to), { recursive: true });
  copyFileSync(library, join(target, "kinesis.so"));
  ours("LICENSE", "LICENSE");
  ours("THIRD-PARTY", "THIRD-PARTY");
  ours("docs/LINUX.md", "INSTALL.md");
  // The last ones because the texts lead to them.
  for (const name of ["README.md", "docs", "examples", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "test/bench/results"]) ours(name, name);
  const additions = join(projectFolder, "build/package/additions.json");
  if (withLibnode && machine !== "x64") throw new Error("BUNDLE_LIBNODE=1 is for the package of x64 alone");
  writeFileSync(additions, JSON.stringify(withLibnode ? gatherLibnode({ projectFolder, libnode, target }) : []));
  execFileSync(process.execPath, [join(projectFolder, "scripts/sbom.mjs"), join(target, "kinesis.so"), join(target, "kinesis.cdx.json"), additions]);
  // As `sha256sum --check` reads it.
  const names = filesIn(target).map((file) => relative(target, file)).sort();
  const sums = names.map((name) => `${createHash("sha256").update(readFileSync(join(target, name))).digest("hex")}  ${name}\n`);
  writeFileSync(join(target, "SHA256SUMS"), sums.join(""));
}

function pack(folder, name, archive) {
  const epoch = `--mtime=@${timeOfFiles()}`;
  const sameEverywhere = ["--format=ustar", "--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mode=u=rwX,go=rX", epoch];
  const env = { ...process.env, LC_ALL: "C" };
  const tar = join(folder, `${name}.tar`);
  execFileSync("tar", [...sameEverywhere, "-C", folder, "-cf", tar, name], { env });
  const output = openSync(archive, "w");
  execFileSync("gzip", ["--no-name", "-9", "--stdout", tar], { stdio: ["ignore", output, "inherit"] });
  closeSync(output);
  rmSync(tar);
}

const machine = machineOf(library);
const libnode = withLibnode ? libnodePath() : "";
const suffix = withLibnode ? `-libnode${/\d+$/.exec(basename(libnode))?.[0] ?? ""}` : "";
const name = `kinesis-linux-${machine}-${version}${suffix}`;
const folder = join(projectFolder, "build/package");
rmSync(folder, { recursive: true, force: true });
mkdirSync(join(folder, name), { recursive: true });
try {
  fill(join(folder, name), machine);
  mkdirSync(archiveFolder, { recursive: true });
  pack(folder, name, join(archiveFolder, `${name}.tar.gz`));
  console.log(`${join(archiveFolder, `${name}.tar.gz`)} (${(statSync(join(archiveFolder, `${name}.tar.gz`)).size / 1e6).toFixed(1)} MB)`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
