// Bundles each tool for users into one file, build/tools/NAME.mjs, that Node.js runs without npm's packages.
//
//     node scripts/tools.mjs
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { projectFolder } from "./bundle.mjs";

/** Names of the tools; each has a scripts/NAME/main.ts with `main(arguments, command)`. */
export const tools = ["check", "resend", "tail", "watch"];

/** Returns the command name of an installed tool. */
export const commandNameOf = (tool) => `kinesis-${tool}`;

// CommonJS packages call require(). The variable stops the SDK's warning about Node.js versions of its next release, which users cannot act on.
const start = `#!/usr/bin/env node
import { createRequire } from "node:module";
const require = createRequire(import.meta.url);
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";`;

/** Settings for ES modules of one file, without browser code and unreachable code. */
const settings = {
  absWorkingDir: projectFolder,
  bundle: true,
  platform: "node",
  target: "node18",
  format: "esm",
  outdir: "build/tools",
  outExtension: { ".js": ".mjs" },
  mainFields: ["module", "main"],
  minify: true,
  charset: "ascii",
  legalComments: "none",
  sourcemap: false,
  banner: { js: start },
  logLevel: "warning",
  metafile: true,
  write: false,
};

/** Generates the entry point of each tool from its name. */
const entryModules = {
  name: "entry points of tools",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^tool:/ }, ({ path }) => ({ path, namespace: "tool" }));
    onLoad({ filter: /.*/, namespace: "tool" }, ({ path }) => ({
      contents: `
import { commandOf } from "./scripts/command_line.js";
import { main } from "./scripts/${path.slice("tool:".length)}/main.js";
await main(process.argv.slice(2), commandOf(process.argv[1], process.cwd()));`,
      resolveDir: projectFolder,
      loader: "ts",
    }));
  },
};

/** Bundles the tools; returns their texts by file name, and esbuild's metafile, which lists the inputs of each. */
export async function bundleTools() {
  const entryPoints = tools.map((tool) => ({ in: `tool:${tool}`, out: tool }));
  const { outputFiles, metafile } = await build({ ...settings, entryPoints, plugins: [entryModules] });
  return { texts: new Map(outputFiles.map(({ path, text }) => [basename(path), text])), metafile };
}

/** Writes the tools into a folder as executable files; returns their paths. */
export async function writeTools(folder) {
  const { texts } = await bundleTools();
  mkdirSync(folder, { recursive: true });
  return Array.from(texts, ([name, text]) => {
    const file = join(folder, basename(name));
    writeFileSync(file, text, { mode: 0o755 });
    return file;
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeTools(join(projectFolder, "build/tools")).catch((error) => {
    console.error(error.message);
    process.exit(1);
  });
}
