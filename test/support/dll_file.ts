// Reads a DLL: exports, imports and flags with mingw-w64's objdump, and its version resource.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

export interface DllFile {
  readonly exports: readonly string[];
  readonly imports: readonly string[];
  /** Flags of the header, such as "DYNAMIC_BASE". */
  readonly flags: readonly string[];
  /** Time stamp of the header, in seconds. */
  readonly time: string;
  readonly hasDebugData: boolean;
}

export function readDll(file: string): DllFile {
  const listing = execFileSync("x86_64-w64-mingw32-objdump", ["-x", file], { encoding: "utf8", env: { ...process.env, TZ: "UTC" } });
  const names = listing.slice(listing.indexOf("[Ordinal/Name Pointer] Table"));
  return {
    exports: [...names.matchAll(/^\t\[ *\d+\] (?:\+base\[ *\d+\] +[0-9a-f]+ )?(\S+)$/gm)].map(([, name = ""]) => name).sort(),
    imports: [...listing.matchAll(/^\tDLL Name: (\S+)$/gm)].map(([, name = ""]) => name).sort(),
    flags: [...listing.matchAll(/^\t{5}([A-Z_]+)$/gm)].map(([, flag = ""]) => flag),
    time: /^Time\/Date\s+(.*)$/m.exec(listing)?.[1] ?? "",
    hasDebugData: /^\s*\d+ \.debug_/m.test(listing),
  };
}

/**
 * Returns strings of the version resource by their keys; numbers as "FILEVERSION" and "PRODUCTVERSION".
 * Layout: Microsoft's VS_VERSIONINFO and VS_FIXEDFILEINFO.
 */
export function readVersion(file: string, keys: readonly string[]): Record<string, string> {
  const bytes = readFileSync(file);
  const found: Record<string, string> = {};
  for (const key of keys) {
    const at = bytes.indexOf(Buffer.from(`${key}\0`, "utf16le"));
    // The value begins at the next multiple of four bytes, like the resource itself.
    const value = at < 0 ? "" : bytes.subarray((at + (key.length + 1) * 2 + 3) & ~3).subarray(0, 512).toString("utf16le");
    found[key] = value.slice(0, value.indexOf("\0"));
  }
  const fixed = bytes.indexOf(Buffer.from([0xbd, 0x04, 0xef, 0xfe]));
  const numbersAt = (offset: number): string =>
    [2, 0, 6, 4].map((part) => bytes.readUInt16LE(fixed + offset + part)).join(".");
  if (fixed >= 0) Object.assign(found, { FILEVERSION: numbersAt(8), PRODUCTVERSION: numbersAt(16) });
  return found;
}
