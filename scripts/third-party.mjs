// Writes THIRD-PARTY: the third-party software in kinesis.so, kinesis.dll and the tools, with its licences. --check only compares.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundleCore, projectFolder } from "./bundle.mjs";
import { bundledFolders, nativeFolders } from "./bundled-packages.mjs";
import { bundleTools } from "./tools.mjs";

const file = join(projectFolder, "THIRD-PARTY");

const heading = `Third-party software in bin/kinesis.so (and bin/kinesis.dll) and the tools (tools/*.mjs), with its licences.
Written by scripts/third-party.mjs (make third-party); do not edit.

Linked into the library besides the packages below: libstdc++ and libgcc, GPL-3.0-or-later with the GCC Runtime Library
Exception, which permits it on any terms.
`;

const mitTerms = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

/** Returns the licence text of a package whose readme has only the name of the MIT licence and the copyright. */
function mitText(readme) {
  const copyright = /^Copyright .+$/m.exec(readme)?.[0];
  return copyright === undefined ? undefined : `The MIT License\n\n${copyright}\n\n${mitTerms}`;
}

function describePackage(folder) {
  const absolute = join(projectFolder, folder);
  const read = (entry) => readFileSync(join(absolute, entry), "utf8").replace(/\r/g, "").trimEnd();
  const { name, version, license } = JSON.parse(read("package.json"));
  const entries = readdirSync(absolute).sort();
  const texts = entries.filter((entry) => /^(licen[cs]e|copying)(\.|$)/i.test(entry)).map(read);
  const readme = entries.find((entry) => /^readme\.md$/i.test(entry));
  if (texts.length === 0 && license === "MIT" && readme !== undefined) texts.push(mitText(read(readme)));
  if (texts.length === 0 && license === "Apache-2.0") texts.push(readFileSync(join(projectFolder, "LICENSE"), "utf8"));
  if (typeof license !== "string" || texts[0] === undefined) throw new Error(`${name} ${version} has no licence text`);
  return { title: `${name} ${version} (${license})`, text: texts.join("\n\n") };
}

/** Merges packages with equal licence texts (except white space) under the first name, independent of the bundle's order. */
function render(packages) {
  const byText = new Map();
  const inOrder = [...packages].sort((one, other) => (one.title < other.title ? -1 : Number(one.title > other.title)));
  for (const { title, text } of inOrder) {
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

const inLibrary = [...bundledFolders(await bundleCore({ write: false })), ...nativeFolders];
const inTools = bundledFolders((await bundleTools()).metafile).filter((folder) => !inLibrary.includes(folder));
const ofTools = inTools.map(describePackage).map(({ title, text }) => ({ title: `${title}, in the tools alone`, text }));
const rendered = render([...inLibrary.map(describePackage), ...ofTools]);
if (!process.argv.includes("--check")) {
  writeFileSync(file, rendered);
} else if (readFileSync(file, "utf8") !== rendered) {
  console.error("THIRD-PARTY does not list the packages that are bundled now; write it again with: make third-party");
  process.exitCode = 1;
}
