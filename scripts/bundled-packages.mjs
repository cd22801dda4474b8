// Which npm packages are inside the library: those with bytes in the bundle, and those of its native part.

/** Folders of the packages whose headers are compiled into the library. */
export const nativeFolders = ["node_modules/node-addon-api", "node_modules/node-api-headers"];

/** Folders of the packages that put bytes into the bundle of this metafile of esbuild, each once. */
export function bundledFolders(metafile) {
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  const folders = inputs
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0])
    .filter((folder) => folder !== undefined);
  return [...new Set(folders)];
}
