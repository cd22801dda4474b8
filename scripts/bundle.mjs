// Bundles the TypeScript core into the scripts of build/kinesis.js. Equal sources give equal bytes.
//
// Layout: the first line is a JSON table, [[name, bytes], ...]; the scripts follow in that order without separators. Each
// script is a function of (module, exports, require), which the shim runs when it is first required. Each import() has a
// separate script, so that unused code is neither read nor compiled nor held in memory.
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";

export const projectFolder = fileURLToPath(new URL("..", import.meta.url));

// require("process") makes Node open standard input, output and error as streams, which turns Fluent Bit's own
// descriptors to non-blocking. The global object is the same one and opens nothing.
const globalProcess = `module.exports = globalThis.process;`;

// The SDK's HTTP/2 handler is bundled with its clients but never created, so Node's http2 is loaded on first use only.
const lateHttp2 = `
const http2 = () => require("node:http2");
exports.connect = (...target) => http2().connect(...target);
exports.constants = new Proxy({}, { get: (_, name) => http2().constants[name] });`;

// The SDK's user agent for browsers is bundled with the one for Node, and needs this package of 35 kB only to name the browser.
const noBrowser = `exports.parse = () => undefined;`;

const standIns = {
  name: "stand-ins for modules",
  setup({ onResolve, onLoad }) {
    const replace = (filter, namespace, contents) => {
      onResolve({ filter }, ({ path, namespace: from }) => (from === namespace ? { path, external: true } : { path, namespace }));
      onLoad({ filter: /.*/, namespace }, () => ({ contents }));
    };
    replace(/^(node:)?process$/, "global process", globalProcess);
    replace(/^(node:)?http2$/, "late http2", lateHttp2);
    replace(/^bowser$/, "no browser", noBrowser);
  },
};

const common = { platform: "node", target: "node18", minify: true, charset: "ascii", legalComments: "none", logLevel: "warning" };

/** Turns an ES module into a function that calls require() instead of import: the embedded Node has no module loader. */
async function asFunction({ path, text }) {
  const { code } = await transform(text, { ...common, format: "cjs", supported: { "dynamic-import": false } });
  return { name: `./${basename(path)}`, text: `(function(module,exports,require){${code}})` };
}

/** Returns the scripts reachable from main.js: esbuild also writes scripts that only removed code imports. */
function inUse(scripts) {
  const used = new Set(["./main.js"]);
  for (const name of used) {
    const text = scripts.find((script) => script.name === name)?.text ?? "";
    for (const other of scripts) if (text.includes(`"${other.name}"`)) used.add(other.name);
  }
  return scripts.filter(({ name }) => used.has(name));
}

/** Bundles src/main.ts and returns esbuild's metafile, which lists the inputs of each output. */
export async function bundleCore({ write }) {
  const { metafile, outputFiles } = await build({
    ...common,
    absWorkingDir: projectFolder,
    entryPoints: ["src/main.ts"],
    outdir: "build",
    bundle: true,
    splitting: true,
    format: "esm",
    // Prefer the packages' ES modules: esbuild can remove unused code from those.
    mainFields: ["module", "main"],
    sourcemap: false,
    metafile: true,
    plugins: [standIns],
    write: false,
  });
  const scripts = inUse(await Promise.all(outputFiles.map(asFunction)));
  const names = new Set(scripts.map(({ name }) => basename(name)));
  for (const output of Object.keys(metafile.outputs)) if (!names.has(basename(output))) delete metafile.outputs[output];
  const table = JSON.stringify(scripts.map(({ name, text }) => [name, text.length]));
  if (write) {
    mkdirSync(join(projectFolder, "build"), { recursive: true });
    writeFileSync(join(projectFolder, "build/kinesis.js"), [table, "\n", ...scripts.map(({ text }) => text)].join(""), "latin1");
  }
  return metafile;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await bundleCore({ write: true }).catch((error) => {
    console.error(error.message);
    process.exit(1);
  });
}
