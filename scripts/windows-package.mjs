// Packs kinesis.dll with tools and papers into bin/kinesis-windows-x64-VERSION.zip. Equal files give equal bytes.
//
//     node scripts/windows-package.mjs [KINESIS_DLL [ARCHIVE]]
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleTools } from "./tools.mjs";
import { zip } from "./zip.mjs";

const projectFolder = fileURLToPath(new URL("..", import.meta.url));
const { version } = JSON.parse(readFileSync(join(projectFolder, "package.json"), "utf8"));
const library = process.argv[2] ?? join(projectFolder, "bin/kinesis.dll");
const archive = process.argv[3] ?? join(projectFolder, `bin/kinesis-windows-x64-${version}.zip`);

const ours = (path) => readFileSync(join(projectFolder, path));
const files = [
  { name: "INSTALL.md", data: ours("docs/WINDOWS.md") },
  { name: "LICENSE", data: ours("LICENSE") },
  { name: "THIRD-PARTY", data: Buffer.concat([ours("THIRD-PARTY"), Buffer.from("\n"), ours("native/cmake/windows-notices.txt")]) },
  { name: "fluent-bit-windows.conf", data: ours("examples/fluent-bit-windows.conf") },
  { name: "kinesis.dll", data: readFileSync(library) },
  ...Array.from((await bundleTools()).texts, ([name, text]) => ({ name: `tools/${name}`, data: Buffer.from(text) })),
];

// In the form of `sha256sum --check`.
const sums = files.map(({ name, data }) => `${createHash("sha256").update(data).digest("hex")}  ${name}\n`).join("");
const inFolder = [...files, { name: "SHA256SUMS", data: Buffer.from(sums) }].map(({ name, data }) => {
  return { name: `kinesis-windows-x64-${version}/${name}`, data };
});
writeFileSync(archive, await zip(inFolder));
console.log(archive);
