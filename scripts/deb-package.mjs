// Packs a kinesis.so as a Debian package, bin/fluent-bit-kinesis_VERSION_ARCHITECTURE.deb. Equal files give equal bytes.
//
//     node scripts/deb-package.mjs [KINESIS_SO [FOLDER_OF_PACKAGE]]
//
// All times are SOURCE_DATE_EPOCH, or the last commit's time. Prints the package's path. Needs dpkg-deb.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { description, layOut, maintainer, packageName, papersFolder, summary, version } from "./linux-tree.mjs";
import { filesIn, machineOf, projectFolder, secondsOfFiles } from "./packing.mjs";

const library = resolve(process.argv[2] ?? join(projectFolder, "bin/kinesis.so"));
const target = resolve(process.argv[3] ?? join(projectFolder, "bin"));
const architectures = { x64: "amd64", arm64: "arm64" };

/** Packages of Node.js that kinesis.so can use: the library of each version in Debian and Ubuntu, or the program. */
const node = [...[108, 109, 115, 127, 137, 141, 147].map((abi) => `libnode${abi}`), "nodejs (>= 18)"].join(" | ");

function controlText(root, architecture) {
  const kilobytes = filesIn(root).reduce((sum, file) => sum + Math.ceil(statSync(file).size / 1024), 0);
  return `Package: ${packageName}
Version: ${version}
Architecture: ${architecture}
Maintainer: ${maintainer()}
Installed-Size: ${kilobytes}
Depends: libc6 (>= 2.17), ${node}
Recommends: ca-certificates
Suggests: fluent-bit, nodejs (>= 18.18)
Section: admin
Priority: optional
Description: ${summary}
${description.split("\n").map((line) => ` ${line}\n`).join("")}`;
}

/** Returns MD5 sums in the form of dpkg --verify. */
function sums(root) {
  const lines = filesIn(root).filter((file) => !file.startsWith(join(root, "usr/bin"))).map((file) => {
    return `${createHash("md5").update(readFileSync(file)).digest("hex")}  ${relative(root, file)}\n`;
  });
  return lines.sort((one, other) => (one.slice(34) < other.slice(34) ? -1 : 1)).join("");
}

try {
  const architecture = architectures[machineOf(library)];
  const seconds = secondsOfFiles();
  const root = join(projectFolder, "build/deb", architecture);
  await layOut(root, library, seconds);
  // Debian policy requires the licence under this name.
  writeFileSync(join(root, papersFolder, "copyright"), `${summary}, under the Apache License 2.0: see LICENSE and,\nfor third-party software, THIRD-PARTY, both in this folder.\n\n${readFileSync(join(projectFolder, "LICENSE"), "utf8")}`, { mode: 0o644 });
  const control = { control: controlText(root, architecture), md5sums: sums(root) };
  mkdirSync(join(root, "DEBIAN"));
  for (const [name, text] of Object.entries(control)) writeFileSync(join(root, "DEBIAN", name), text, { mode: 0o644 });
  mkdirSync(target, { recursive: true });
  const file = join(target, `${packageName}_${version}_${architecture}.deb`);
  // dpkg-deb clamps later times to SOURCE_DATE_EPOCH.
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(seconds), LC_ALL: "C" };
  execFileSync("dpkg-deb", ["--root-owner-group", "-Zxz", "--build", root, file], { env, stdio: ["ignore", "ignore", "inherit"] });
  console.log(file);
} catch (error) {
  console.error(error.code === "ENOENT" && error.path === "dpkg-deb" ? "dpkg-deb is missing; install it with 'apt-get install dpkg' (Debian, Ubuntu) or 'dnf install dpkg' (Fedora)" : error.message);
  process.exitCode = 1;
}
