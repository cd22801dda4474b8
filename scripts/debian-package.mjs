// Downloads a package of the distribution; on failure, updates the package lists and retries.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const aptFunctions = fileURLToPath(new URL("apt.sh", import.meta.url));
const download = `say() { echo "package: $*" >&2; }; . "$1"; apt_download "$2"`;

/** Returns the path of the package's file in `folder`, which must be empty. @throws Error; apt-get prints the reason to stderr */
export function downloadPackage(name, folder) {
  const stdio = ["ignore", "inherit", "inherit"];
  const { status } = spawnSync("/bin/sh", ["-c", download, "sh", aptFunctions, name], { cwd: folder, stdio });
  const [file] = readdirSync(folder);
  if (status !== 0 || file === undefined) throw new Error(`the package ${name} cannot be downloaded`);
  return join(folder, file);
}
