// Gathers Debian's or Ubuntu's libnode to pack next to kinesis.so: its libraries, its modules, and their licences.
//
// All files come from freshly downloaded packages, whether installed or not; each package is unpacked into a folder of
// its name. glibc, libstdc++ and libgcc are left out: every Linux has them.
import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { downloadPackage } from "./debian-package.mjs";

const systemLibrary = /^(ld-linux.*|lib(c|m|dl|rt|pthread|stdc\+\+|gcc_s))\.so\.\d+$/;
const systemPackage = /^(libc6|libstdc\+\+6|libgcc-s1|gcc-\d+-base|debconf.*|media-types)$/;
const modulesPlace = "/usr/share/nodejs/";
const ownLibrary = "libkinesis-builtins.so";

function run(program, args, options = {}) {
  try {
    // Without LC_ALL=C readelf prints in the user's language.
    const env = { ...process.env, LC_ALL: "C" };
    return execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], maxBuffer: 1 << 28, env, ...options });
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
    throw new Error(`${program} is missing; install it with 'apt-get install ${{ readelf: "binutils" }[program] ?? program}' (Debian, Ubuntu)`, { cause: error });
  }
}

/** Downloads a package and its dependencies (the first of alternatives), and unpacks each into a folder of its name. */
function unpackAll(first, folder) {
  const packages = new Map();
  const queue = [{ name: first, isModule: false }];
  for (const { name, isModule } of queue) {
    if (packages.has(name) || systemPackage.test(name)) continue;
    const debs = mkdtempSync(join(folder, "deb-"));
    const deb = downloadPackage(name, debs);
    const field = (which) => run("dpkg-deb", ["-f", deb, which]).trim();
    run("dpkg-deb", ["-x", deb, join(folder, name)]);
    packages.set(name, { version: field("Version"), architecture: field("Architecture") });
    const depends = [field("Pre-Depends"), field("Depends")].join(",").split(",");
    rmSync(debs, { recursive: true });
    // libnode does not read the dependencies of modules.
    if (isModule) continue;
    for (const entry of depends) {
      const [dependency = ""] = /[a-z0-9][a-z0-9+.-]+/.exec(entry) ?? [];
      if (dependency !== "") queue.push({ name: dependency, isModule: dependency.startsWith("node-") });
    }
  }
  return packages;
}

const neededBy = (file) => [...run("readelf", ["-dW", file]).matchAll(/\(NEEDED\).*\[(.+)\]/g)].map(([, name]) => name);

/** Returns the first existing file among `places` in the packages' folders, with its package's name. */
function findIn(folder, packages, places) {
  for (const name of packages) for (const place of places) {
    const file = join(folder, name, place);
    if (existsSync(file)) return { name, file };
  }
  throw new Error(`${places[0]} is in none of the packages ${packages.join(", ")}`);
}

/** Returns the newest version of GLIBC and GLIBCXX symbols that these files need, such as "2.34". */
function newestVersions(files) {
  const found = new Map();
  const isNewer = (one, other) => one.localeCompare(other, "en", { numeric: true }) > 0;
  for (const file of files) {
    const needs = run("readelf", ["-VW", file]).split("Version needs section")[1] ?? "";
    for (const [, kind, version] of needs.matchAll(/Name: (GLIBC|GLIBCXX)_([\d.]+) /g)) {
      if (isNewer(version, found.get(kind) ?? "0")) found.set(kind, version);
    }
  }
  return found;
}

/** Returns a field of os-release(5) of this distribution. */
function ofThisSystem(field) {
  return new RegExp(`^${field}="?([^"\n]*)`, "m").exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? "debian";
}

function component(name, { version, architecture }) {
  const purl = `pkg:deb/${ofThisSystem("ID")}/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=${architecture}`;
  return { type: "library", "bom-ref": purl, name, version, scope: "required", purl };
}

/**
 * Writes lib/ and licenses/ into `target`, with the libnode of this path's name; returns CycloneDX components of the packages.
 * @throws Error when a program, a package or a file is missing
 */
export function gatherLibnode({ projectFolder, libnode, target }) {
  const [, abi] = /^libnode\.so\.(\d+)$/.exec(basename(libnode)) ?? [];
  if (abi === undefined) throw new Error(`${libnode} is not a libnode.so.NUMBER of Debian, and no other can be bundled`);
  run("patchelf", ["--version"]);
  const folder = join(projectFolder, "build/bundled-libnode");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const packages = unpackAll(`libnode${abi}`, folder);
  const names = [...packages.keys()];
  const used = new Set();
  const libraries = new Map();
  const lib = join(target, "lib");
  mkdirSync(lib, { recursive: true });
  const triplets = ["x86_64-linux-gnu", "aarch64-linux-gnu"];
  const queue = [basename(libnode)];
  for (const library of queue) {
    if (libraries.has(library) || systemLibrary.test(library)) continue;
    const { name, file } = findIn(folder, names, triplets.flatMap((place) => [`usr/lib/${place}/${library}`, `lib/${place}/${library}`]));
    used.add(name);
    libraries.set(library, join(lib, library));
    copyFileSync(file, join(lib, library));
    queue.push(...neededBy(file));
    run("patchelf", ["--set-rpath", "$ORIGIN", join(lib, library)]);
  }
  const text = readFileSync(join(lib, basename(libnode)), "latin1");
  const modules = [...new Set(text.match(new RegExp(`${modulesPlace}[A-Za-z0-9@_./-]+\\.js`, "g")))];
  for (const module of modules) {
    const { name, file } = findIn(folder, names.filter((entry) => entry.startsWith("node-")), [module]);
    used.add(name);
    const copy = join(lib, "nodejs", module.slice(modulesPlace.length));
    mkdirSync(dirname(copy), { recursive: true });
    cpSync(file, copy, { dereference: true });
  }
  if (modules.length > 0) {
    const flags = ["-std=c++17", "-O2", "-s", "-shared", "-fPIC", "-fno-exceptions", "-nodefaultlibs"];
    run(process.env.CXX ?? "c++", [...flags, "native/runtime/embedded/external_builtins.cc", "-lc", "-o", join(lib, ownLibrary)], { cwd: projectFolder });
    run("patchelf", ["--add-needed", ownLibrary, join(lib, basename(libnode))]);
  }
  for (const name of [...used].sort()) {
    mkdirSync(join(target, "licenses", name), { recursive: true });
    copyFileSync(join(folder, name, "usr/share/doc", name, "copyright"), join(target, "licenses", name, "copyright"));
  }
  const needs = newestVersions(libraries.values());
  const list = [...used].sort().map((name) => `- ${name} ${packages.get(name).version}\n`).join("");
  writeFileSync(
    join(lib, "README.md"),
    `# Node.js for kinesis.so\nFrom these packages of ${ofThisSystem("PRETTY_NAME")}, whose licences are in \`licenses/\`:\n\n${list}\n` +
      `They need glibc ${needs.get("GLIBC")} and libstdc++ (GLIBCXX_${needs.get("GLIBCXX")}) of the system, or newer.\n`,
  );
  return [...used].sort().map((name) => component(name, packages.get(name)));
}
