// Writes THIRD-PARTY: what of others is inside bin/kinesis.so, with the licences. With --check, only compares.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundleCore, projectFolder } from "./bundle.mjs";

const file = join(projectFolder, "THIRD-PARTY");

const heading = `What of others is inside bin/kinesis.so, and on which terms.
Written by scripts/third-party.mjs (make third-party); do not edit.

Linked in besides the packages below: libstdc++ and libgcc, GPL-3.0-or-later with the GCC Runtime Library Exception,
which permits it on any terms.
`;

/** The folders of the packages that put bytes into the bundle. */
function bundledFolders(metafile) {
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  const folders = inputs
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0])
    .filter((folder) => folder !== undefined);
  return [...new Set(folders)];
}

function describePackage(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(projectFolder, folder, "package.json"), "utf8"));
  const texts = readdirSync(join(projectFolder, folder)).filter((entry) => /^(licen[cs]e|copying)(\.|$)/i.test(entry));
  if (typeof license !== "string" || texts.length === 0) throw new Error(`${name} ${version} has no licence text`);
  const read = (entry) => readFileSync(join(projectFolder, folder, entry), "utf8").replace(/\r/g, "").trimEnd();
  return { title: `${name} ${version} (${license})`, text: texts.sort().map(read).join("\n\n") };
}

/** Packages with the same licence text, white space aside, share it. */
function render(packages) {
  const byText = new Map();
  for (const { title, text } of packages) {
    const key = text.replace(/\s+/g, " ").trim();
    const entry = byText.get(key) ?? { text, titles: new Set() };
    entry.titles.add(title);
    byText.set(key, entry);
  }
  const line = "=".repeat(80);
  const parts = Array.from(byText.values(), ({ text, titles }) => {
    return `${line}\n${[...titles].sort().join("\n")}\n${line}\n\n${text.replace(/^\n+/, "")}\n`;
  });
  return [heading, ...parts.sort()].join("\n");
}

const bundled = bundledFolders(await bundleCore({ write: false }));
const native = ["node_modules/node-addon-api", "node_modules/node-api-headers"];
const rendered = render([...bundled, ...native].map(describePackage));
if (!process.argv.includes("--check")) {
  writeFileSync(file, rendered);
} else if (readFileSync(file, "utf8") !== rendered) {
  console.error("THIRD-PARTY does not list what is bundled now; write it anew with: make third-party");
  process.exitCode = 1;
}
