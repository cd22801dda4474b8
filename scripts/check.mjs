// `npm run check`: bundles scripts/check/main.ts and runs it.
import { mkdirSync, renameSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const project = fileURLToPath(new URL("..", import.meta.url));
// Under a name of its own first, since two of these may be started at once.
const fresh = `build/check-${process.pid}.mjs`;

mkdirSync(new URL("../build", import.meta.url), { recursive: true });
try {
  await build({
    absWorkingDir: project,
    entryPoints: ["scripts/check/main.ts"],
    outfile: fresh,
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    logLevel: "warning",
  });
  renameSync(new URL(`../${fresh}`, import.meta.url), new URL("../build/check.mjs", import.meta.url));
} finally {
  rmSync(new URL(`../${fresh}`, import.meta.url), { force: true });
}
const { main } = await import("../build/check.mjs");
await main(process.argv.slice(2));
