// Bundles a command (TypeScript, like all it uses) and imports it.
import { mkdirSync, renameSync, rmSync } from "node:fs";
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

/** Gives what `entryPoint`, a path in the project, exports; its bundle is kept in build/ under this name. */
export async function importTypeScript(entryPoint, name) {
  const { build } = await bundler();
  const project = new URL("..", import.meta.url);
  // Under a name of its own first, since two of these may be started at once.
  const fresh = new URL(`build/${name}-${process.pid}.mjs`, project);
  const bundle = new URL(`build/${name}.mjs`, project);
  mkdirSync(new URL("build", project), { recursive: true });
  try {
    await build({
      absWorkingDir: fileURLToPath(project),
      entryPoints: [entryPoint],
      outfile: fileURLToPath(fresh),
      bundle: true,
      platform: "node",
      format: "esm",
      packages: "external",
      logLevel: "warning",
    });
    renameSync(fresh, bundle);
  } finally {
    rmSync(fresh, { force: true });
  }
  return import(bundle);
}
