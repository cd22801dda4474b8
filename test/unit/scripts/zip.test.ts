/** The archives of scripts/zip.mjs are read by others' programs, byte for byte. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

interface ZipModule {
  readonly zip: (files: readonly { readonly name: string; readonly data: Uint8Array }[]) => Buffer;
  readonly crc32: (bytes: Uint8Array) => number;
}

const { crc32, zip } = (await import(new URL("../../../scripts/zip.mjs", import.meta.url).href)) as ZipModule;
const has = (program: string): boolean => spawnSync(program, ["-h"]).error === undefined;
const files = [
  { name: "a/empty", data: Buffer.alloc(0) },
  { name: "a/text.txt", data: Buffer.from("line\r\n".repeat(1000)) },
  { name: "a/größe.bin", data: Buffer.from(Array.from({ length: 70_000 }, (_, n) => (n * 7919) % 251)) },
];
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "zip-"));
  writeFileSync(join(folder, "archive.zip"), zip(files));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("an archive", () => {
  it.skipIf(!has("unzip"))("is whole to unzip", () => {
    const said = execFileSync("unzip", ["-t", join(folder, "archive.zip")], { encoding: "utf8" });
    expect(said).toContain("No errors detected");
  });

  it.skipIf(!has("python3"))("is unpacked by Python to the same files", () => {
    execFileSync("python3", ["-m", "zipfile", "-e", join(folder, "archive.zip"), folder]);
    for (const { name, data } of files) expect(readFileSync(join(folder, name)).equals(data), name).toBe(true);
  });

  it("has the same bytes each time", () => {
    expect(zip(files).equals(readFileSync(join(folder, "archive.zip")))).toBe(true);
  });
});

it("takes CRC-32 by its known check value", () => {
  expect(crc32(Buffer.from("123456789"))).toBe(0xcbf43926);
});
