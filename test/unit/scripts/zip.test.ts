/** Tests that other programs read the archives of scripts/zip.mjs byte for byte. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

interface ZipModule {
  readonly zip: (files: readonly { readonly name: string; readonly data: Uint8Array }[]) => Promise<Buffer>;
}

const script = new URL("../../../scripts/zip.mjs", import.meta.url).href;
const { zip } = (await import(script)) as ZipModule;
const has = (program: string): boolean => spawnSync(program, ["-h"]).error === undefined;
const files = [
  { name: "a/empty", data: Buffer.alloc(0) },
  { name: "a/text.txt", data: Buffer.from("line\r\n".repeat(1000)) },
  { name: "a/größe.bin", data: Buffer.from(Array.from({ length: 70_000 }, (_, n) => (n * 7919) % 251)) },
];
let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "zip-"));
  writeFileSync(join(folder, "archive.zip"), await zip(files));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("an archive", () => {
  it.skipIf(!has("unzip"))("is intact for unzip", () => {
    const said = execFileSync("unzip", ["-t", join(folder, "archive.zip")], { encoding: "utf8" });
    expect(said).toContain("No errors detected");
  });

  it.skipIf(!has("python3"))("is extracted by Python to the same files", () => {
    execFileSync("python3", ["-m", "zipfile", "-e", join(folder, "archive.zip"), folder]);
    for (const { name, data } of files) expect(readFileSync(join(folder, name)).equals(data), name).toBe(true);
  });

  it("has its files in their order", async () => {
    const archive = await zip(files);
    const places = files.map(({ name }) => archive.indexOf(name));
    expect(places).toEqual([...places].sort((one, other) => one - other));
  });

  it.skipIf(!has("python3"))("has plain files that only their owner may write, dated the first day of 1980, without extra fields", () => {
    const program = `import sys, zipfile
for file in zipfile.ZipFile(sys.argv[1]).infolist():
    print(oct(file.external_attr >> 16), *file.date_time, len(file.extra))`;
    const said = execFileSync("python3", ["-c", program, join(folder, "archive.zip")], { encoding: "utf8" });
    expect(said.trim().split("\n")).toEqual(files.map(() => "0o100644 1980 1 1 0 0 0 0"));
  });

  it.each(["UTC", "Pacific/Kiritimati", "America/Los_Angeles"])("has the same bytes in the time zone %s", async (TZ) => {
    const program = `const { zip } = await import(${JSON.stringify(script)});
      process.stdout.write(await zip([{ name: "a", data: Buffer.from("text") }]));`;
    const made = execFileSync(process.execPath, ["--input-type=module", "--eval", program], { env: { ...process.env, TZ } });
    expect(made.equals(await zip([{ name: "a", data: Buffer.from("text") }]))).toBe(true);
  });

  it.each(["../a", "/a", "C:/a", ""])("cannot contain a file named '%s', which would be extracted elsewhere", (name) => {
    expect(() => zip([{ name, data: Buffer.alloc(0) }])).toThrow(/path|metadataPath/);
  });
});
