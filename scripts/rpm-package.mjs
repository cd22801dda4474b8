// Packs a kinesis.so as an rpm package, bin/fluent-bit-kinesis-VERSION-1.ARCHITECTURE.rpm. Equal files and rpmbuild give equal bytes.
//
//     node scripts/rpm-package.mjs [KINESIS_SO [FOLDER_OF_PACKAGE]]
//
// All times are SOURCE_DATE_EPOCH, or the last commit's time. Prints the package's path. Needs rpmbuild; as root installs it with apt.
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { description, layOut, libraryPlace, license, maintainer, packageName, papersFolder, summary, version } from "./linux-tree.mjs";
import { machineOf, projectFolder, secondsOfFiles } from "./packing.mjs";

const library = resolve(process.argv[2] ?? join(projectFolder, "bin/kinesis.so"));
const target = resolve(process.argv[3] ?? join(projectFolder, "bin"));
const architectures = { x64: "x86_64", arm64: "aarch64" };

/** Packages of Node.js that kinesis.so can use: the library of Fedora and RHEL, of Amazon Linux 2023, or the program. */
const node = "(nodejs-libs >= 1:18 or nodejs20-libs or nodejs22-libs or nodejs24-libs or nodejs(engine) >= 18)";

/** Returns the spec file, which leaves the library unchanged and records nothing of this machine. */
function spec(root) {
  return `%global debug_package %{nil}
%global __os_install_post %{nil}
%global _build_id_links none
%global _buildhost localhost
%global use_source_date_epoch_as_buildtime 1
%global clamp_mtime_to_source_date_epoch 1
%global _binary_payload w9.gzdio
%global __provides_exclude_from ^${libraryPlace}$
%global __requires_exclude_from ^/usr/(bin|share)/.*$

Name: ${packageName}
Version: ${version}
Release: 1
Summary: ${summary}
License: ${license}
Packager: ${maintainer()}
Requires: ${node}
Recommends: ca-certificates

%description
${description}

%install
cp -a "${root}/." "%{buildroot}/"

%files
%defattr(-,root,root,-)
%dir /usr/lib/fluent-bit
${libraryPlace}
/usr/bin/kinesis-*
/usr/share/${packageName}
%doc ${papersFolder}
`;
}

function hasRpmbuild() {
  return spawnSync("rpmbuild", ["--version"]).status === 0;
}

/** Installs rpmbuild with apt if it is missing and the user is root. @throws Error when it is still missing */
function needRpmbuild() {
  if (hasRpmbuild()) return;
  const install = 'say() { echo "rpm: $*" >&2; }; . "$1"; command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ] && apt_install rpm';
  spawnSync("/bin/sh", ["-c", install, "sh", join(projectFolder, "scripts/apt.sh")], { stdio: ["ignore", "inherit", "inherit"] });
  if (!hasRpmbuild()) throw new Error("rpmbuild is missing; install it with 'apt-get install rpm' (Debian, Ubuntu) or 'dnf install rpm-build' (Fedora, RHEL, Amazon Linux)");
}

try {
  const architecture = architectures[machineOf(library)];
  needRpmbuild();
  const seconds = secondsOfFiles();
  const folder = join(projectFolder, "build/rpm", architecture);
  rmSync(folder, { recursive: true, force: true });
  const root = join(folder, "tree");
  await layOut(root, library, seconds);
  writeFileSync(join(folder, "package.spec"), spec(root));
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(seconds), LC_ALL: "C", HOME: folder };
  // Keeps rpm's database in the build folder; the default is in /var/lib.
  const args = ["-bb", "--quiet", "--target", `${architecture}-linux`, "--define", `_topdir ${folder}`, "--define", `_dbpath ${folder}/database`];
  execFileSync("rpmbuild", [...args, join(folder, "package.spec")], { env, stdio: ["ignore", "ignore", "pipe"] });
  const made = join(folder, "RPMS", architecture, `${packageName}-${version}-1.${architecture}.rpm`);
  mkdirSync(target, { recursive: true });
  copyFileSync(made, join(target, basename(made)));
  console.log(join(target, basename(made)));
} catch (error) {
  console.error(error.stderr === undefined || error.stderr === null ? error.message : `rpmbuild failed: ${String(error.stderr).trim()}`);
  process.exitCode = 1;
}
