// Checks who imports whom in src: no cycles, and the house rules on the network, the binding and the pure parts.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const pureFolders = /^(decode|record|aggregate)\//;

/** What a file may not import, with the reason; undefined if it may. `file` and `target` are paths in src, or packages. */
function objection(file, target) {
  if (target.startsWith("@aws-sdk/client-kinesis") && file !== "send/kinesis_client.ts")
    return "only send/kinesis_client.ts uses the SDK's client";
  if (pureFolders.test(file) && (target.startsWith("node:") || target.startsWith("@aws-sdk/")))
    return "decode, record and aggregate are pure: nothing of Node's and nothing of the SDK";
  if (/^(credentials|network)\//.test(file) && target.startsWith("send/"))
    return "credentials and the way to the services are beneath send";
  if (file.startsWith("network/") && target.startsWith("credentials/"))
    return "the way to the services is beneath credentials";
  if (file.startsWith("compress/") && file !== "compress/node_zlib.ts" && target.startsWith("node:"))
    return "only compress/node_zlib.ts knows Node's zlib";
  if (target === "binding.ts" && !["main.ts", "plugin.ts"].includes(file))
    return "only main.ts and plugin.ts know the binding";
  return undefined;
}

/** Every file of the source folder, with what it imports: paths within the folder, or names of packages. */
function readImports(source) {
  const files = readdirSync(source, { recursive: true }).filter((name) => name.endsWith(".ts"));
  const imports = (file) =>
    ts.preProcessFile(readFileSync(join(source, file), "utf8")).importedFiles.map(({ fileName }) => {
      if (!fileName.startsWith(".")) return fileName;
      return relative(source, resolve(source, dirname(file), fileName.replace(/\.js$/, ".ts")));
    });
  return new Map(files.sort().map((file) => [file, imports(file)]));
}

/** The cycles found in a walk of the graph, each as the list of its files with the first one repeated. */
function findCycles(graph) {
  const cycles = [];
  const done = new Set();
  const visit = (file, path) => {
    const start = path.indexOf(file);
    if (start >= 0) cycles.push([...path.slice(start), file]);
    if (start >= 0 || done.has(file)) return;
    for (const target of graph.get(file) ?? []) visit(target, [...path, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return cycles;
}

const source = resolve(process.argv[2] ?? fileURLToPath(new URL("../src", import.meta.url)));
if (!existsSync(source)) throw new Error(`no such folder: ${source}`);
const graph = readImports(source);
const complaints = findCycles(graph).map((cycle) => `import cycle: ${cycle.join(" -> ")}`);
for (const [file, targets] of graph) {
  for (const target of targets) {
    const reason = objection(file, target);
    if (reason !== undefined) complaints.push(`${file} imports ${target}: ${reason}`);
  }
}
for (const complaint of complaints) console.error(complaint);
process.exitCode = complaints.length > 0 ? 1 : 0;
