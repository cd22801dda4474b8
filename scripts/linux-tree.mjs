// Lays out the files of the Linux packages as on the target machine, all with the same time.
import { chmodSync, copyFileSync, lutimesSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { copyPapers, manifest } from "./packing.mjs";
import { commandNameOf, tools, writeTools } from "./tools.mjs";

export const packageName = "fluent-bit-kinesis";
export const summary = "Fluent Bit output plugin for Amazon Kinesis Data Streams";
export const description = `Records go to a stream one by one or packed into aggregates of the KPL, with gzip or zlib.
It replaces AWS's Go plugin: the same name (kinesis), options and
environment variables. The commands kinesis-check (checks a configuration),
kinesis-tail (prints a stream's records), kinesis-watch (shows the outputs of
a running Fluent Bit) and kinesis-resend (sends dropped records again) need
the program node.`;
export const { version, license } = manifest;

/** Path of the library, and the folders that only this package has. */
export const libraryPlace = "/usr/lib/fluent-bit/kinesis.so";
const toolsFolder = `/usr/share/${packageName}/tools`;
export const papersFolder = `/usr/share/doc/${packageName}`;

/** Example of a file that loads the library. */
const pluginsFile = `# Loads the plugin into Fluent Bit: copy this file to the folder of your configuration, and write there
#
#     [SERVICE]
#         plugins_file plugins.conf
#
# Without it: fluent-bit -e ${libraryPlace} -c fluent-bit.conf
[PLUGINS]
    Path ${libraryPlace}
`;

/** Empties `root`, then fills it with the library, tools, papers and examples. @param seconds time of all files */
export async function layOut(root, library, seconds) {
  rmSync(root, { recursive: true, force: true });
  const place = (path) => {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    return join(root, path);
  };
  copyFileSync(library, place(libraryPlace));
  await writeTools(place(toolsFolder));
  for (const tool of tools) symlinkSync(`..${toolsFolder.replace(/^\/usr/, "")}/${tool}.mjs`, place(`/usr/bin/${commandNameOf(tool)}`));
  const papers = place(papersFolder);
  mkdirSync(papers, { recursive: true });
  copyPapers(papers);
  writeFileSync(place(`${papersFolder}/examples/plugins.conf`), pluginsFile);
  evenOut(root, seconds);
}

/** Sets fixed modes and one time, independent of the umask. Sets folders after their files, which change a folder's time. */
function evenOut(folder, seconds) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) evenOut(path, seconds);
    else {
      if (!entry.isSymbolicLink()) chmodSync(path, path.includes(toolsFolder) ? 0o755 : 0o644);
      lutimesSync(path, seconds, seconds);
    }
  }
  chmodSync(folder, 0o755);
  lutimesSync(folder, seconds, seconds);
}

/** Returns the package's maintainer: PACKAGE_MAINTAINER, or the project. */
export function maintainer() {
  const { PACKAGE_MAINTAINER: given = "" } = process.env;
  return given === "" ? `The ${manifest.name} project <nobody@${manifest.name}.invalid>` : given;
}
