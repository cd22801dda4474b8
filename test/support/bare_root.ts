// Makes a root folder with only glibc, libstdc++ and libgcc of this machine.
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { buildHost } from "./host_program.js";

/** Parts of glibc that older programs name, in the folder of libc.so.6. */
const FORMER_PARTS = ["libdl.so.2", "libpthread.so.0", "librt.so.1"];

/** Copies the host program's dependencies into this folder. */
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
