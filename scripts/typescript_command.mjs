// Bundles a command written in TypeScript, and imports it.
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

// Stops the SDK's warning about Node.js versions of its next release, which users of a command cannot act on.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";

async function bundler() {
  try {
    return await import("esbuild");
  } catch (error) {
    if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
    console.error("The project's packages are missing. Run 'npm ci --ignore-scripts' in its folder first, or make, which does it too");
    return process.exit(1);
  }
}

const project = new URL("..", import.meta.url);

/** Returns whether a bundle is newer than all its sources, whose paths are in the file `sources`. */
function isFresh(bundle, sources) {
  try {
    const { mtimeMs } = statSync(bundle);
    const paths = JSON.parse(readFileSync(sources, "utf8"));
    return paths.every((path) => statSync(new URL(path, project)).mtimeMs < mtimeMs);
  } catch {
    return false;
  }
}

/** Returns the exports of `entryPoint`, a path in the project; keeps the bundle in build/ under this name. */
export async function importTypeScript(entryPoint, name) {
  const bundle = new URL(`build/${name}.mjs`, project);
  const sources = new URL(`build/${name}.sources.json`, project);
  if (isFresh(bundle, sources)) return import(bundle);
  const { build } = await bundler();
  // Under a unique name first: two commands may start concurrently.
  const fresh = new URL(`build/${name}-${process.pid}.mjs`, project);
  mkdirSync(new URL("build", project), { recursive: true });
  try {
    const { metafile } = await build({
      absWorkingDir: fileURLToPath(project),
      entryPoints: [entryPoint],
      outfile: fileURLToPath(fresh),
      bundle: true,
      platform: "node",
      format: "esm",
      mainFields: ["module", "main"],
      // CommonJS packages call require().
      banner: { js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);' },
      logLevel: "warning",
      metafile: true,
    });
    writeFileSync(sources, JSON.stringify([...Object.keys(metafile.inputs), "scripts/typescript_command.mjs"]));
    renameSync(fresh, bundle);
  } finally {
    rmSync(fresh, { force: true });
  }
  return import(bundle);
}
