// Bundles a command (TypeScript, like all it uses) and imports it.
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

// Which Node a release of the SDK needs is for us to mind, who take its releases; users of a command can do nothing.
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

/** Whether no source of a bundle, whose paths are in a file beside it, is newer than the bundle. */
function isFresh(bundle, sources) {
  try {
    const { mtimeMs } = statSync(bundle);
    const paths = JSON.parse(readFileSync(sources, "utf8"));
    return paths.every((path) => statSync(new URL(path, project)).mtimeMs < mtimeMs);
  } catch {
    return false;
  }
}

/** Returns what `entryPoint`, a path in the project, exports; its bundle is kept in build/ under this name. */
export async function importTypeScript(entryPoint, name) {
  const bundle = new URL(`build/${name}.mjs`, project);
  const sources = new URL(`build/${name}.sources.json`, project);
  if (isFresh(bundle, sources)) return import(bundle);
  const { build } = await bundler();
  // Under a name of its own first, since two of these may be started at once.
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
