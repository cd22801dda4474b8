// Makes all packages that this machine can, and says which it could not, and why. `make packages` calls it.
//
//     node scripts/packages.mjs [FOLDER]
//
// bin/SHA256SUMS (FOLDER/SHA256SUMS) then has the sum of each. SIGN_KEY, a key that gpg knows, signs that file: SHA256SUMS.asc.
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

/** What there is to make. npm's package comes behind those that build the libraries, which it takes along. */
const packages = [
  { what: "archive for Linux on this machine", script: "package.mjs", ...here },
  { what: "archive for Linux on arm64", script: "package.mjs", ...forArm },
  { what: "archive for Windows", script: "windows-package.mjs", ...forWindows, archive: `kinesis-windows-x64-${version}.zip` },
  { what: "package of Debian", script: "deb-package.mjs", ...here },
  { what: "package of Debian for arm64", script: "deb-package.mjs", ...forArm },
  { what: "package of rpm", script: "rpm-package.mjs", ...here },
  { what: "package of rpm for arm64", script: "rpm-package.mjs", ...forArm },
  { what: "package of npm", script: "npm-package.mjs" },
];

/** The library is built anew where its compiler is here; else that which is there is taken. @throws Error with the reason why not */
function build({ library, build: rule, compiler, debian }) {
  if (rule === undefined) return;
  if (has(compiler)) run("make", [rule]);
  else if (!existsSync(join(projectFolder, library))) throw new Error(`${compiler} is missing; install it with 'apt-get install ${debian}' (Debian, Ubuntu)`);
}

function run(program, args) {
  // Of a make that called this: its jobs are not for another one.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^M(?:AKE)?FLAGS$|^MAKELEVEL$/.test(name)));
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: projectFolder, env, encoding: "utf8", maxBuffer: 1 << 28 });
  const said = (stderr ?? "").trim().split("\n").at(-1);
  if (error !== undefined || status !== 0) throw new Error(error?.message ?? (said === "" ? `${program} ended with status ${status}` : said));
  return stdout.trim();
}

/** Returns the path of what was made. @throws Error with the reason why not */
function make({ script, archive, ...how }) {
  build(how);
  const file = archive === undefined ? undefined : join(target, archive);
  const args = [...(how.library === undefined ? [] : [join(projectFolder, how.library)]), file ?? target];
  const said = run(process.execPath, [join(projectFolder, "scripts", script), ...args]);
  return file ?? said.split("\n").at(-1).replace(/ \([\d.]+ MB\)$/, "");
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
console.log(`made: ${sums}, of ${made.map((file) => basename(file)).join(", ")}`);
const { SIGN_KEY: key = "" } = process.env;
try {
  console.log(key === "" ? "not signed: SIGN_KEY names no key" : `made: ${signSums(sums, key)}`);
} catch (error) {
  console.error(`${sums} is not signed: ${error.message}`);
  process.exitCode = 1;
}
if (made.length === 0) process.exitCode = 1;
