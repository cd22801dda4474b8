// Finds the npm packages inside the library: those with bytes in the bundle, and those of the native part.

/** Folders of the packages whose headers are compiled into the library. */
export const nativeFolders = ["node_modules/node-addon-api", "node_modules/node-api-headers"];

/** Returns the folder of each package that has bytes in the bundle of this esbuild metafile. */
export function bundledFolders(metafile) {
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  const folders = inputs
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0])
    .filter((folder) => folder !== undefined);
  return [...new Set(folders)];
}
