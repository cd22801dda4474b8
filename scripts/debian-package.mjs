// Downloads a package of the distribution, with new package lists where those at hand do not lead to it.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const aptFunctions = fileURLToPath(new URL("apt.sh", import.meta.url));
const updateLists = `say() { echo "package: $*" >&2; }; . "$1"; apt_update`;

/** Gives the path of the package's file in `folder`, which is empty. @throws Error with what apt-get said */
export function downloadPackage(name, folder) {
  // As root, apt would warn that its own user can't write here.
  const download = () =>
    spawnSync("apt-get", ["-o", "APT::Sandbox::User=root", "download", "-qq", name], { cwd: folder, encoding: "utf8" });
  let said = download();
  if (said.error !== undefined) throw new Error(`apt-get cannot be run (${said.error.code}): the package comes from Debian or Ubuntu`);
  if (said.status !== 0) {
    const { status } = spawnSync("sh", ["-c", updateLists, "sh", aptFunctions], { stdio: ["ignore", "inherit", "inherit"] });
    if (status === 0) said = download();
  }
  const [file] = readdirSync(folder);
  if (said.status !== 0 || file === undefined) throw new Error(`apt-get download ${name} failed: ${said.stderr.trim()}`);
  return join(folder, file);
}
