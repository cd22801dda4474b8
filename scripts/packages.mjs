// Makes all packages that this machine can make, and reports the others with the reason. `make packages` calls it.
//
//     node scripts/packages.mjs [FOLDER]
//
// Writes the sums into bin/SHA256SUMS (FOLDER/SHA256SUMS). SIGN_KEY, a key of gpg, signs that file: SHA256SUMS.asc.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { manifest, projectFolder } from "./packing.mjs";
import { signSums, writeSums } from "./sums.mjs";

const target = resolve(process.argv[2] ?? join(projectFolder, "bin"));
const { version } = manifest;

const has = (program) => spawnSync("/bin/sh", ["-c", `command -v ${program}`]).status === 0;
const forArm = { library: "bin/kinesis-arm64.so", build: "release-arm64", compiler: "aarch64-linux-gnu-g++", debian: "g++-aarch64-linux-gnu" };
const forWindows = { library: "bin/kinesis.dll", build: "windows-release", compiler: "x86_64-w64-mingw32-g++-posix", debian: "g++-mingw-w64-x86-64-posix" };
const here = { library: "bin/kinesis.so" };

/** The packages. npm's is the last: it contains the libraries that the others build. */
const packages = [
  { what: "archive for Linux on this machine", script: "package.mjs", ...here },
  { what: "archive for Linux on arm64", script: "package.mjs", ...forArm },
  { what: "archive for Windows", script: "windows-package.mjs", ...forWindows, archive: `kinesis-windows-x64-${version}.zip` },
  { what: "Debian package", script: "deb-package.mjs", ...here },
  { what: "Debian package for arm64", script: "deb-package.mjs", ...forArm },
  { what: "rpm package", script: "rpm-package.mjs", ...here },
  { what: "rpm package for arm64", script: "rpm-package.mjs", ...forArm },
  { what: "npm package", script: "npm-package.mjs" },
];

/** Builds the library if its compiler is installed, else keeps an existing one. @throws Error with the reason why neither works */
function build({ library, build: rule, compiler, debian }) {
  if (rule === undefined) return;
  if (has(compiler)) run("make", [rule]);
  else if (!existsSync(join(projectFolder, library))) throw new Error(`${compiler} is missing; install it with 'apt-get install ${debian}' (Debian, Ubuntu)`);
}

function run(program, args) {
  // Drops the variables of a calling make: its job server is not for another make.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^M(?:AKE)?FLAGS$|^MAKELEVEL$/.test(name)));
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: projectFolder, env, encoding: "utf8", maxBuffer: 1 << 28 });
  const lastLine = (stderr ?? "").trim().split("\n").at(-1);
  if (error !== undefined || status !== 0) throw new Error(error?.message ?? (lastLine === "" ? `${program} ended with status ${status}` : lastLine));
  return stdout.trim();
}

/** Makes a package and returns its path. @throws Error with the reason why it cannot */
function make({ script, archive, ...how }) {
  build(how);
  const file = archive === undefined ? undefined : join(target, archive);
  const args = [...(how.library === undefined ? [] : [join(projectFolder, how.library)]), file ?? target];
  const printed = run(process.execPath, [join(projectFolder, "scripts", script), ...args]);
  return file ?? printed.split("\n").at(-1).replace(/ \([\d.]+ MB\)$/, "");
}

if (process.platform !== "linux") {
  console.error("the packages are made on Linux");
  process.exit(1);
}
mkdirSync(target, { recursive: true });
const made = [];
for (const each of packages) {
  try {
    made.push(make(each));
    console.log(`made: ${made.at(-1)}`);
  } catch (error) {
    console.log(`left out: ${each.what} (${error.message})`);
  }
}
const sums = writeSums(target, made);
console.log(`made: ${sums} for ${made.map((file) => basename(file)).join(", ")}`);
const { SIGN_KEY: key = "" } = process.env;
try {
  console.log(key === "" ? "not signed: SIGN_KEY names no key" : `made: ${signSums(sums, key)}`);
} catch (error) {
  console.error(`${sums} is not signed: ${error.message}`);
  process.exitCode = 1;
}
if (made.length === 0) process.exitCode = 1;
