// Tests file names on Windows: device names, and names that differ only in case.
import { describe, expect, it } from "vitest";
import { nameKey, namesDevice } from "../../../src/files/named_file.js";

describe("a file name", () => {
  it.each(["nul", "NUL", "\\\\.\\nul", "C:\\logs\\nul", "C:/logs/con.txt", "com1", "C:\\LPT9.json"])("%s is a device on Windows only", (name) => {
    expect([namesDevice(name, "win32"), namesDevice(name, "linux")]).toEqual([true, false]);
  });

  it.each(["nul1", "anul", "C:\\nul\\file", "console", "com", "C:\\dropped.json"])("%s is not a device on Windows", (name) => {
    expect(namesDevice(name, "win32")).toBe(false);
  });

  it("in upper case names the same file on Windows only", () => {
    expect([nameKey("C:\\State", "win32"), nameKey("/State", "linux")]).toEqual(["c:\\state", "/State"]);
  });
});
