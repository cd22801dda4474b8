/** Tests kinesis.dll as a file: exports, imports, details, reproducible bytes, and the archive that contains it. */
import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { readDll, readVersion } from "../support/dll_file.js";
import { ROOT } from "../support/host_program.js";
import { WINDOWS_PLUGIN, windowsSkipped, windowsTitle } from "../support/wine.js";

vi.setConfig({ testTimeout: 600_000 });

const { version } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")) as { version: string };
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "kinesis-dll-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a program. Not execFileSync: vitest gives up a worker that is silent for a minute, as on a busy machine. */
const run = promisify(execFile);

/** Builds the DLL from a copy of the sources in a folder of this name. Returns its path. */
async function buildIn(name: string): Promise<string> {
  const copy = path.join(folder, name);
  mkdirSync(copy);
  const sources = ["CMakeLists.txt", "package.json", "native", "build/kinesis.js"];
  for (const source of [...sources, "node_modules/node-api-headers/include", "node_modules/node-addon-api"]) {
    cpSync(path.join(ROOT, source), path.join(copy, source), { recursive: true });
  }
  const settings = [`-DCMAKE_TOOLCHAIN_FILE=${copy}/native/cmake/mingw-w64.cmake`, "-DCMAKE_BUILD_TYPE=Release"];
  await run("cmake", ["-S", copy, "-B", path.join(copy, "out"), ...settings]);
  await run("cmake", ["--build", path.join(copy, "out"), "--parallel"]);
  return path.join(copy, "bin", "kinesis.dll");
}

function pack(archive: string): void {
  execFileSync(process.execPath, [path.join(ROOT, "scripts", "windows-package.mjs"), WINDOWS_PLUGIN, archive]);
}

describe.skipIf(windowsSkipped !== undefined)(windowsTitle("kinesis.dll"), () => {
  it("exports only the functions for Fluent Bit and Node, by their plain names", () => {
    expect(readDll(WINDOWS_PLUGIN).exports).toEqual([
      "FLBPluginExit",
      "FLBPluginExitCtx",
      "FLBPluginFlushCtx",
      "FLBPluginInit",
      "FLBPluginRegister",
      "FLBPluginUnregister",
      "napi_register_module_v1",
      "node_api_module_get_api_version_v1",
    ]);
  });

  it("imports only DLLs of Windows", () => {
    const ofWindows = /^(KERNEL32|msvcrt|ADVAPI32|USER32|WS2_32|SHELL32|ole32|bcrypt|ntdll|PSAPI)\.dll$/i;
    const { imports } = readDll(WINDOWS_PLUGIN);
    expect(imports).toContain("KERNEL32.dll");
    expect(imports.filter((name) => !ofWindows.test(name))).toEqual([]);
  });

  it("can be loaded at any address, and has neither a build time nor debug data", () => {
    const { flags, time, hasDebugData } = readDll(WINDOWS_PLUGIN);
    expect(flags).toEqual(expect.arrayContaining(["HIGH_ENTROPY_VA", "DYNAMIC_BASE", "NX_COMPAT"]));
    expect(time).toContain("Jan  1 00:00:00 1970");
    expect(hasDebugData).toBe(false);
  });

  it("contains no path of the build machine", () => {
    expect(readFileSync(WINDOWS_PLUGIN).includes(ROOT)).toBe(false);
  });

  it("has its name, version and licence in the file properties", () => {
    const keys = ["FileDescription", "ProductName", "FileVersion", "ProductVersion", "OriginalFilename", "LegalCopyright"];
    const numbers = `${version.replace(/[^0-9.].*$/, "")}.0`;
    expect(readVersion(WINDOWS_PLUGIN, keys)).toEqual({
      FileDescription: "Fluent Bit output plugin for Amazon Kinesis Data Streams",
      ProductName: "fluent-bit-kinesis-node",
      FileVersion: version,
      ProductVersion: version,
      OriginalFilename: "kinesis.dll",
      LegalCopyright: "Licensed under the Apache License, Version 2.0",
      FILEVERSION: numbers,
      PRODUCTVERSION: numbers,
    });
  });

  it("has the same bytes when it is built in another folder", async () => {
    const sumOf = (file: string): string => createHash("sha256").update(readFileSync(file)).digest("hex");
    const elsewhere = await buildIn("a-folder-of-a-longer-name");
    expect(sumOf(elsewhere), `differs from ${WINDOWS_PLUGIN}; run make windows-release if that is from other sources`).toBe(sumOf(WINDOWS_PLUGIN));
  });

  it("is packed with its licences, an example and the install guide, into the same bytes each time", () => {
    const [archive, again] = [path.join(folder, "one.zip"), path.join(folder, "two.zip")];
    pack(archive);
    pack(again);
    expect(readFileSync(again).equals(readFileSync(archive))).toBe(true);
    execFileSync("python3", ["-m", "zipfile", "-e", archive, folder]);
    const unpacked = path.join(folder, `kinesis-windows-x64-${version}`);
    const sums = execFileSync("sha256sum", ["--check", "SHA256SUMS"], { cwd: unpacked, encoding: "utf8" });
    expect(sums.trim().split("\n")).toEqual([
      "INSTALL.md: OK",
      "LICENSE: OK",
      "THIRD-PARTY: OK",
      "fluent-bit-windows.conf: OK",
      "kinesis.dll: OK",
      "tools/check.mjs: OK",
      "tools/resend.mjs: OK",
      "tools/tail.mjs: OK",
      "tools/watch.mjs: OK",
    ]);
    expect(readFileSync(path.join(unpacked, "THIRD-PARTY"), "utf8")).toContain("winpthreads");
  });
});
