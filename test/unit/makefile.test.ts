/** `make help` has a line for each target that a user may name. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { ROOT } from "../support/plugin_host.js";

const makefile = readFileSync(path.join(ROOT, "Makefile"), "utf8").replaceAll("\\\n", " ");
const phony = [...makefile.matchAll(/^\.PHONY: (.*)$/gmu)].flatMap(([, names = ""]) => names.split(/\s+/u)).filter((name) => name !== "");

it("lists each target with a sentence, and needs no tools for it", () => {
  const told = execFileSync("make", ["help"], { cwd: ROOT, env: { PATH: "/usr/bin:/bin", MAKEFLAGS: "" }, encoding: "utf8" });
  const lines = [...told.matchAll(/^ {2}make (\S+) +(\S.*[.0-9])$/gmu)].map(([, name]) => name);
  expect(phony.length).toBeGreaterThan(20);
  expect(lines.sort()).toEqual([...phony].sort());
});
