// Packs a kinesis.so with tools and papers into bin/kinesis-linux-MACHINE-VERSION.tar.gz. Equal files give equal bytes.
//
//     node scripts/package.mjs [KINESIS_SO [FOLDER_OF_ARCHIVE]]
//
// BUNDLE_LIBNODE=1 adds a libnode in lib/ and "-libnodeNNN" to the archive's name. All times in the archive are
// SOURCE_DATE_EPOCH (reproducible-builds.org), or the last commit's time. Prints the archive's path.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, openSync, closeSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { gatherLibnode } from "./bundled-libnode.mjs";
import { copyOurs, copyPapers, filesIn, machineOf, manifest, projectFolder, secondsOfFiles, sumsOf } from "./packing.mjs";
import { writeTools } from "./tools.mjs";

const library = resolve(process.argv[2] ?? join(projectFolder, "bin/kinesis.so"));
const archiveFolder = resolve(process.argv[3] ?? join(projectFolder, "bin"));
const withLibnode = process.env.BUNDLE_LIBNODE === "1";

function libnodePath() {
  const found = execFileSync("sh", [join(projectFolder, "scripts/libnode.sh")], { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  return /^export KINESIS_TEST_LIBNODE='(.*)'$/m.exec(found)?.[1] ?? "";
}

async function fill(target, machine) {
  copyFileSync(library, join(target, "kinesis.so"));
  copyPapers(target);
  copyOurs("docs/LINUX.md", target, "INSTALL.md");
  await writeTools(join(target, "tools"));
  const additions = join(projectFolder, "build/package/additions.json");
  if (withLibnode && machine !== "x64") throw new Error("BUNDLE_LIBNODE=1 is for the package of x64 alone");
  writeFileSync(additions, JSON.stringify(withLibnode ? gatherLibnode({ projectFolder, libnode, target }) : []));
  execFileSync(process.execPath, [join(projectFolder, "scripts/sbom.mjs"), join(target, "kinesis.so"), join(target, "kinesis.cdx.json"), additions]);
  writeFileSync(join(target, "SHA256SUMS"), sumsOf(target, filesIn(target)));
}

function pack(folder, name, archive) {
  const epoch = `--mtime=@${secondsOfFiles()}`;
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
const name = `kinesis-linux-${machine}-${manifest.version}${suffix}`;
const folder = join(projectFolder, "build/package");
rmSync(folder, { recursive: true, force: true });
mkdirSync(join(folder, name), { recursive: true });
try {
  await fill(join(folder, name), machine);
  mkdirSync(archiveFolder, { recursive: true });
  pack(folder, name, join(archiveFolder, `${name}.tar.gz`));
  console.log(`${join(archiveFolder, `${name}.tar.gz`)} (${(statSync(join(archiveFolder, `${name}.tar.gz`)).size / 1e6).toFixed(1)} MB)`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
