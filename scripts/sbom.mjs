// Writes bin/kinesis.cdx.json, the CycloneDX bill of materials of a kinesis.so.
//
//     node scripts/sbom.mjs [KINESIS_SO [BILL [ADDITIONS]]]   ADDITIONS: a file with more components, in JSON
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { bundleCore, projectFolder } from "./bundle.mjs";
import { billOfMaterials } from "./bill-of-materials.mjs";
import { bundledFolders, nativeFolders } from "./bundled-packages.mjs";

const [library = join(projectFolder, "bin/kinesis.so"), bill = join(projectFolder, "bin/kinesis.cdx.json"), additions] =
  process.argv.slice(2);
const text = billOfMaterials({
  projectFolder,
  folders: [...bundledFolders(await bundleCore({ write: false })), ...nativeFolders],
  library: readFileSync(library),
  libraryName: basename(library),
  additions: additions === undefined ? [] : JSON.parse(readFileSync(additions, "utf8")),
});
writeFileSync(bill, text);
console.log(bill);
