// Writes and signs the SHA-256 sums of packages.
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sumsOf } from "./packing.mjs";

/** Writes SHA256SUMS of files in `folder` into that folder, and removes an old signature; returns the path. */
export function writeSums(folder, files) {
  const sums = join(folder, "SHA256SUMS");
  writeFileSync(sums, sumsOf(folder, files));
  rmSync(`${sums}.asc`, { force: true });
  return sums;
}

/** Signs the sums with a key of gpg (detached, armored); returns the signature's path. @throws Error with gpg's message */
export function signSums(sums, key) {
  const args = ["--batch", "--yes", "--local-user", key, "--armor", "--detach-sign", "--output", `${sums}.asc`, sums];
  const { status, stderr, error } = spawnSync("gpg", args, { encoding: "utf8" });
  if (error?.code === "ENOENT") throw new Error("gpg is missing; install it with 'apt-get install gnupg' (Debian, Ubuntu) or 'dnf install gnupg2' (Fedora, RHEL)");
  if (error !== undefined || status !== 0) throw new Error(error?.message ?? stderr.trim());
  return `${sums}.asc`;
}
