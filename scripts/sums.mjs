// Writes the sums of packages, and signs them.
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sumsOf } from "./packing.mjs";

/** Writes SHA256SUMS beside the files, which lie in `folder`; returns its path. A signature of former sums goes away. */
export function writeSums(folder, files) {
  const sums = join(folder, "SHA256SUMS");
  writeFileSync(sums, sumsOf(folder, files));
  rmSync(`${sums}.asc`, { force: true });
  return sums;
}

/** Signs the sums with a key that gpg knows, detached and as text; returns the signature's path. @throws Error with what gpg says */
export function signSums(sums, key) {
  const args = ["--batch", "--yes", "--local-user", key, "--armor", "--detach-sign", "--output", `${sums}.asc`, sums];
  const { status, stderr, error } = spawnSync("gpg", args, { encoding: "utf8" });
  if (error?.code === "ENOENT") throw new Error("gpg is missing; install it with 'apt-get install gnupg' (Debian, Ubuntu) or 'dnf install gnupg2' (Fedora, RHEL)");
  if (error !== undefined || status !== 0) throw new Error(error?.message ?? stderr.trim());
  return `${sums}.asc`;
}
