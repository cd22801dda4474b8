// Bundles the benchmarks, which are TypeScript, and runs the named one: node test/bench/run.mjs fluent_bit
import { build } from "esbuild";

const programs = {
  fluent_bit: "test/bench/fluent_bit/main.ts",
  all: "test/bench/main.ts",
  check: "test/bench/check.ts",
  tuning: "test/bench/tuning/main.ts",
  kinesis_server: "test/bench/fluent_bit/kinesis_server.ts",
};
const [name = ""] = process.argv.slice(2);
if (!(name in programs)) throw new Error(`no benchmark is called '${name}'; there are: ${Object.keys(programs).join(", ")}`);

await build({
  entryPoints: programs,
  outdir: "build/bench",
  outExtension: { ".js": ".mjs" },
  bundle: true,
  platform: "node",
  format: "esm",
  packages: "external",
  logLevel: "warning",
});
await import(new URL(`../../build/bench/${name}.mjs`, import.meta.url));
