// Makes the CycloneDX bill of materials of the library. Equal library, packages and additions give equal text.
//
// Format: CycloneDX 1.6, JSON (ECMA-424); package URLs: the purl specification, types npm, generic and deb.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Returns an npm licence expression in CycloneDX's form. */
export function licencesOf(expression) {
  return / (AND|OR|WITH) |[()]/.test(expression) ? [{ expression }] : [{ license: { id: expression } }];
}

/** Returns the package URL of an npm package; the scope's "@" is escaped. */
export function purlOf(name, version) {
  return `pkg:npm/${name.replace(/^@/, "%40")}@${version}`;
}

/** Returns npm's integrity, "sha512-<base64>", as CycloneDX hashes; omits algorithms that CycloneDX does not know. */
export function hashesOf(integrity = "") {
  return integrity.split(/\s+/).flatMap((entry) => {
    const [, bits, digest] = /^sha(256|384|512)-([A-Za-z0-9+/=]+)$/.exec(entry) ?? [];
    return digest === undefined ? [] : [{ alg: `SHA-${bits}`, content: Buffer.from(digest, "base64").toString("hex") }];
  });
}

function npmComponent(projectFolder, lock, folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(projectFolder, folder, "package.json"), "utf8"));
  const [, group, ownName] = /^(?:(@[^/]+)\/)?(.+)$/.exec(name);
  const hashes = hashesOf(lock.packages[folder]?.integrity);
  return {
    type: "library",
    "bom-ref": purlOf(name, version),
    ...(group === undefined ? {} : { group }),
    name: ownName,
    version,
    scope: "required",
    ...(hashes.length === 0 ? {} : { hashes }),
    licenses: licencesOf(license),
    purl: purlOf(name, version),
  };
}

/** Returns the parts of GCC that are linked in, with the compiler's version from the library's section .comment. */
function compilerComponents(library) {
  const version = /GCC: \([^)]*\) (\d+\.\d+\.\d+)/.exec(library.toString("latin1"))?.[1];
  return ["libgcc", "libstdc++"].map((name) => {
    const purl = `pkg:generic/${encodeURIComponent(name)}${version === undefined ? "" : `@${version}`}`;
    const licenses = [{ expression: "GPL-3.0-or-later WITH GCC-exception-3.1" }];
    return { type: "library", "bom-ref": purl, name, ...(version === undefined ? {} : { version }), scope: "required", licenses, purl };
  });
}

/** Returns the folder of the package that `folder` resolves by this name, from its own node_modules outwards. */
function resolved(folder, name, known) {
  const parts = folder.split("node_modules/");
  for (let count = parts.length; count > 0; count--) {
    const outer = parts.slice(0, count).join("node_modules/").replace(/[^/]$/, "$&/");
    if (known.has(`${outer}node_modules/${name}`)) return `${outer}node_modules/${name}`;
  }
  return undefined;
}

/** Returns a UUID of version 8 (RFC 9562: custom) derived from the text. */
function uuidOf(text) {
  const hex = createHash("sha256").update(text).digest("hex");
  const variant = ((Number.parseInt(hex[16], 16) & 3) | 8).toString(16);
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, variant + hex.slice(17, 20), hex.slice(20, 32)].join("-");
}

const byReference = (one, other) => (one["bom-ref"] < other["bom-ref"] ? -1 : Number(one["bom-ref"] > other["bom-ref"]));

/**
 * Returns the bill as text. `folders` are the npm packages inside `library` (bytes, named `libraryName`), by their
 * keys in package-lock.json; `additions` are components that are packed next to the library.
 */
export function billOfMaterials({ projectFolder, folders, library, libraryName, additions = [] }) {
  const read = (name) => JSON.parse(readFileSync(join(projectFolder, name), "utf8"));
  const [manifest, lock] = [read("package.json"), read("package-lock.json")];
  const components = new Map(folders.map((folder) => [folder, npmComponent(projectFolder, lock, folder)]));
  const referencesOf = (folder, names) =>
    names.flatMap((name) => components.get(resolved(folder, name, components))?.["bom-ref"] ?? []);
  const others = [...compilerComponents(library), ...additions];
  const ownPurl = `pkg:generic/${manifest.name}@${manifest.version}`;
  const root = {
    type: "library",
    "bom-ref": ownPurl,
    name: manifest.name,
    version: manifest.version,
    description: manifest.description,
    hashes: [{ alg: "SHA-256", content: createHash("sha256").update(library).digest("hex") }],
    licenses: licencesOf(manifest.license),
    purl: ownPurl,
    properties: [{ name: "file", value: libraryName }],
  };
  const direct = referencesOf("", [...Object.keys(manifest.dependencies), ...Object.keys(manifest.devDependencies)]);
  const graph = [
    { ref: root["bom-ref"], dependsOn: [...direct, ...others.map((component) => component["bom-ref"])].sort() },
    ...Array.from(components, ([folder, component]) => {
      const { dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta } = read(join(folder, "package.json"));
      const names = { ...dependencies, ...optionalDependencies, ...peerDependencies, ...peerDependenciesMeta };
      return { ref: component["bom-ref"], dependsOn: referencesOf(folder, Object.keys(names)).sort() };
    }),
    ...others.map((component) => ({ ref: component["bom-ref"] })),
  ];
  const unique = (list, key) => [...new Map(list.map((entry) => [entry[key], entry])).values()];
  const content = {
    version: 1,
    metadata: { lifecycles: [{ phase: "build" }], component: root },
    components: unique([...components.values(), ...others], "bom-ref").sort(byReference),
    dependencies: unique(graph, "ref").sort((one, other) => (one.ref < other.ref ? -1 : 1)),
  };
  const serialNumber = `urn:uuid:${uuidOf(JSON.stringify(content))}`;
  return `${JSON.stringify({ bomFormat: "CycloneDX", specVersion: "1.6", serialNumber, ...content }, null, 2)}\n`;
}
