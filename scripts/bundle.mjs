// Bundles the TypeScript core into one script, build/kinesis.js, the same bytes for the same sources.
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

export const projectFolder = fileURLToPath(new URL("..", import.meta.url));

/** Bundles src/main.ts; gives esbuild's metafile, which says what really went in. */
export async function bundleCore({ write }) {
  const result = await build({
    absWorkingDir: projectFolder,
    entryPoints: ["src/main.ts"],
    outfile: "build/kinesis.js",
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node18",
    // The packages' ES modules where there are any: what is not used can be left out of those.
    mainFields: ["module", "main"],
    minify: true,
    charset: "ascii",
    legalComments: "none",
    sourcemap: false,
    metafile: true,
    logLevel: "warning",
    write,
  });
  return result.metafile;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await bundleCore({ write: true }).catch(() => process.exit(1));
}
