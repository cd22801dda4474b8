// Packs the tools and the libraries that have been built as an npm package without dependencies: bin/NAME-VERSION.tgz.
//
//     node scripts/npm-package.mjs [FOLDER_OF_PACKAGE]
//
// Equal files and the same npm give equal bytes. Prints the package's path, and the libraries that it leaves out.
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { copyPapers, manifest, projectFolder } from "./packing.mjs";
import { commandNameOf, tools, writeTools } from "./tools.mjs";

const target = resolve(process.argv[2] ?? join(projectFolder, "bin"));
const folder = join(projectFolder, "build/npm/package");

/** Path where each library is built, and its path in the package, by Node.js's names of platforms. */
const libraries = [
  { built: "bin/kinesis.so", place: "lib/linux-x64/kinesis.so", target: "release" },
  { built: "bin/kinesis-arm64.so", place: "lib/linux-arm64/kinesis.so", target: "release-arm64" },
  { built: "bin/kinesis.dll", place: "lib/win32-x64/kinesis.dll", target: "windows-release" },
];

/** Returns the package.json of the package, without the entries for building and testing. */
function packageManifest() {
  const { name, version, description, license, type, engines } = manifest;
  const bin = Object.fromEntries(tools.map((tool) => [commandNameOf(tool), `tools/${tool}.mjs`]));
  const keywords = ["fluent-bit", "kinesis", "aws", "logs"];
  return { name, version, description, keywords, license, type, engines, bin };
}

async function fill() {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  copyPapers(folder);
  await writeTools(join(folder, "tools"));
  for (const { built, place, target: rule } of libraries) {
    if (!existsSync(join(projectFolder, built))) {
      console.error(`left out: ${place} (${built} is not built; make ${rule} does it)`);
      continue;
    }
    mkdirSync(join(folder, dirname(place)), { recursive: true });
    copyFileSync(join(projectFolder, built), join(folder, place));
  }
  if (existsSync(join(folder, "lib/win32-x64"))) {
    const texts = ["THIRD-PARTY", "native/cmake/windows-notices.txt"].map((name) => readFileSync(join(projectFolder, name), "utf8"));
    writeFileSync(join(folder, "THIRD-PARTY"), texts.join("\n"));
  }
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(packageManifest(), undefined, 2)}\n`);
}

try {
  await fill();
  mkdirSync(target, { recursive: true });
  const args = ["pack", "--silent", "--ignore-scripts", "--offline", "--pack-destination", target];
  const packed = execFileSync("npm", args, { cwd: folder, encoding: "utf8", shell: process.platform === "win32" }).trim();
  console.log(join(target, packed));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
