// A Linux with nothing but glibc, libstdc++ and libgcc: a folder with those libraries of this machine, and no other file.
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { buildHost } from "./host_program.js";

/** glibc's parts that older programs ask for by name; the same place as libc.so.6. */
const FORMER_PARTS = ["libdl.so.2", "libpthread.so.0", "librt.so.1"];

/** Fills this folder with what the host program itself needs. */
export async function makeBareRoot(root: string): Promise<void> {
  const listing = execFileSync("ldd", [await buildHost()], { encoding: "utf8" });
  const files = [...listing.matchAll(/(\/\S+)/g)].map(([, file = ""]) => file);
  const libc = files.find((file) => path.basename(file) === "libc.so.6") ?? "";
  const former = FORMER_PARTS.map((name) => path.join(path.dirname(libc), name)).filter((file) => existsSync(file));
  for (const file of [...files, ...former]) {
    mkdirSync(path.join(root, path.dirname(file)), { recursive: true });
    copyFileSync(file, path.join(root, file));
  }
}
