/** Tests that patterns of included files match the paths that glob(3) finds for Fluent Bit. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { glob, namePattern } from "../../../../scripts/check/glob.js";

// Each expectation is the result of glibc 2.36's fnmatch in the locale C.
describe("a pattern of one name", () => {
  it.each([
    ["*.conf", "a.conf", true],
    ["*.conf", "a.con", false],
    ["a?c", "abc", true],
    ["a?c", "ac", false],
    ["[a-c]x", "bx", true],
    ["[!a-c]x", "bx", false],
    ["[^a-c]x", "dx", true],
    ["[]a]", "]", true],
    ["[!]a]", "]", false],
    ["[]", "[]", true],
    ["[^]", "x", false],
    ["[z-a]", "z", false],
    ["[a\\-c]", "b", false],
    ["[a\\-c]", "-", true],
    ["[\\]]x", "]x", true],
    ["[[:digit:][:upper:]_]", "7", true],
    ["[[:digit:][:upper:]_]", "A", true],
    ["[[:digit:][:upper:]_]", "_", true],
    ["[[:digit:][:upper:]_]", "a", false],
    ["[![:space:]]", " ", false],
    ["[[:punct:]]", "]", true],
    ["[[:none:]]", "n", false],
    ["[a*.conf", "[ab.conf", true],
    ["{a,b}*", "a", false],
    ["!a*", "b", false],
    ["**", "a", true],
    ["\\*", "*", true],
    ["\\*", "a", false],
  ])("%s matches %s: %s", (pattern, name, expected) => {
    expect(namePattern(pattern)?.test(name) === true).toBe(expected);
  });

  it.each([
    ["*.*", "a.", true],
    ["a\\b*", "ab", true],
    ["c++*.conf", "c++.conf", true],
    ["c++*.conf", "c+.conf", false],
    ["*|.conf", "a", false],
    ["x(1).con?", "x(1).conf", true],
    ["(a|b)*", "a", false],
  ])("%s matches %s: %s, unlike in picomatch and tinyglobby, which have no option for it", (pattern, name, expected) => {
    expect(namePattern(pattern)?.test(name) === true).toBe(expected);
  });
});

describe("a pattern of paths", () => {
  let folder: string;
  const found = (pattern: string): string[] => glob(path.join(folder, pattern)).map((each) => path.relative(folder, each)).sort();
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), "glob-"));
    mkdirSync(path.join(folder, "one/deep"), { recursive: true });
    for (const file of ["a.conf", ".hidden.conf", "[b].conf", "one/c.conf", "one/deep/d.conf"]) writeFileSync(path.join(folder, file), "");
    symlinkSync("nowhere", path.join(folder, "broken.conf"));
    symlinkSync("one", path.join(folder, "two"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    ["*.conf", ["[b].conf", "a.conf", "broken.conf"]],
    [".*.conf", [".hidden.conf"]],
    ["\\.*.conf", [".hidden.conf"]],
    ["[.]*.conf", []],
    ["*/*.conf", ["one/c.conf", "two/c.conf"]],
    ["**/d.conf", []],
    ["*/deep/?.conf", ["one/deep/d.conf", "two/deep/d.conf"]],
    ["broken.conf", ["broken.conf"]],
    ["\\[b]*", ["[b].conf"]],
    ["a.conf/*", []],
    ["none/*", []],
  ])("%s finds %j", (pattern, expected) => {
    expect(found(pattern)).toEqual(expected);
  });
});
