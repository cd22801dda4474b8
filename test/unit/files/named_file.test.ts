// Names of files on Windows: those of devices, and those that differ in large and small letters.
import { describe, expect, it } from "vitest";
import { nameKey, namesDevice } from "../../../src/files/named_file.js";

describe("a name", () => {
  it.each(["nul", "NUL", "\\\\.\\nul", "C:\\logs\\nul", "C:/logs/con.txt", "com1", "C:\\LPT9.json"])("of a device on Windows, %s, is one there alone", (name) => {
    expect([namesDevice(name, "win32"), namesDevice(name, "linux")]).toEqual([true, false]);
  });

  it.each(["nul1", "anul", "C:\\nul\\file", "console", "com", "C:\\dropped.json"])("that only looks like one, %s, is a file's", (name) => {
    expect(namesDevice(name, "win32")).toBe(false);
  });

  it("in large letters is the same file on Windows alone", () => {
    expect([nameKey("C:\\State", "win32"), nameKey("/State", "linux")]).toEqual(["c:\\state", "/State"]);
  });
});
