// Lays out the files of the packages for Linux as they lie on the machine, all from the same time.
import { chmodSync, copyFileSync, lutimesSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { copyPapers, manifest } from "./packing.mjs";
import { commandNameOf, tools, writeTools } from "./tools.mjs";

export const packageName = "fluent-bit-kinesis";
export const summary = "Fluent Bit output plugin for Amazon Kinesis Data Streams";
export const description = `Records go to a stream one by one or packed into aggregates of the KPL, with gzip or zlib.
It takes the place of AWS's Go plugin: the same name (kinesis), options and
environment variables. The commands kinesis-check, kinesis-tail and
kinesis-watch check a configuration, print what a stream holds and show what a
Fluent Bit does, kinesis-resend sends dropped records again; they need the
program node.`;
export const { version, license } = manifest;

/** Where the library lies, and the folders that are this package's alone. */
export const libraryPlace = "/usr/lib/fluent-bit/kinesis.so";
const toolsFolder = `/usr/share/${packageName}/tools`;
export const papersFolder = `/usr/share/doc/${packageName}`;

/** How a configuration loads the library. */
const pluginsFile = `# Names the plugin to Fluent Bit: copy this file beside your configuration, and write there
#
#     [SERVICE]
#         plugins_file plugins.conf
#
# Without it: fluent-bit -e ${libraryPlace} -c fluent-bit.conf
[PLUGINS]
    Path ${libraryPlace}
`;

/** Fills `root`, which is emptied before, with the library and what belongs to it. @param seconds when all of it is from */
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

/** Rights that all may read, and one time, whatever the umask and the copies made of them. Folders come last, as files change them. */
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

/** Who answers for the package; PACKAGE_MAINTAINER names another. */
export function maintainer() {
  const { PACKAGE_MAINTAINER: given = "" } = process.env;
  return given === "" ? `The ${manifest.name} project <nobody@${manifest.name}.invalid>` : given;
}
