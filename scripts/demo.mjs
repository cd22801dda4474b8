// `make demo`: bundles scripts/demo.ts (TypeScript, like all it uses) and runs it.
import { build } from "esbuild";

await build({
  entryPoints: ["scripts/demo.ts"],
  outfile: "build/demo.mjs",
  bundle: true,
  platform: "node",
  format: "esm",
  packages: "external",
  logLevel: "warning",
});
await import("../build/demo.mjs");
