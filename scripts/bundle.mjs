// Bundles the TypeScript core into one script, build/kinesis.js, the same bytes for the same sources.
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

export const projectFolder = fileURLToPath(new URL("..", import.meta.url));

// require("process") makes Node open standard input, output and error as streams, which turns Fluent Bit's own
// descriptors to non-blocking. The global object is the same and opens nothing.
const globalProcess = {
  name: "global process",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?process$/ }, () => ({ path: "process", namespace: "global" }));
    onLoad({ filter: /.*/, namespace: "global" }, () => ({ contents: "module.exports = globalThis.process;" }));
  },
};

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
    // The script runs in a vm without a loader of modules: import() becomes require().
    supported: { "dynamic-import": false },
    // The packages' ES modules where there are any: what is not used can be left out of those.
    mainFields: ["module", "main"],
    minify: true,
    charset: "ascii",
    legalComments: "none",
    sourcemap: false,
    metafile: true,
    plugins: [globalProcess],
    logLevel: "warning",
    write,
  });
  return result.metafile;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await bundleCore({ write: true }).catch((error) => {
    console.error(error.message);
    process.exit(1);
  });
}
