/** Tests that `make help` lists each target for users, and that the checks that `make test` runs in parallel start none of these. */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { ROOT } from "../support/plugin_host.js";

const makefile = readFileSync(path.join(ROOT, "Makefile"), "utf8").replaceAll("\\\n", " ");
const phony = [...makefile.matchAll(/^\.PHONY: (.*)$/gmu)].flatMap(([, names = ""]) => names.split(/\s+/u)).filter((name) => name !== "");

it("make help lists each target with a sentence, and needs no tools", () => {
  const help = execFileSync("make", ["help"], { cwd: ROOT, env: { PATH: "/usr/bin:/bin", MAKEFLAGS: "" }, encoding: "utf8" });
  const lines = [...help.matchAll(/^ {2}make (\S+) +(\S.*[.0-9])$/gmu)].map(([, name]) => name);
  expect(phony.length).toBeGreaterThan(20);
  expect(lines.sort()).toEqual([...phony].sort());
});

// Reads the rules only: even in a dry run, make runs lines that start another make.
it("make lint and make typecheck use no other target for users", () => {
  const environment = { ...process.env, MAKEFLAGS: "", MFLAGS: "", MAKELEVEL: "" };
  const { stdout } = spawnSync("make", ["--print-data-base", "--question", "help"], { cwd: ROOT, env: environment, encoding: "utf8", maxBuffer: 1 << 26 });
  const needs = new Map([...stdout.matchAll(/^([^\s#:=]+):(?![:=])([^=\n]*)$/gmu)].map(([, name = "", needed = ""]) => [name, needed.split(/[\s|]+/u)]));
  const reached = new Set(["lint", "typecheck"]);
  for (const name of reached) for (const needed of needs.get(name) ?? []) reached.add(needed);
  expect([...reached]).toEqual(expect.arrayContaining(["build/passed/eslint", "build/passed/types", "src/main.ts"]));
  expect(phony.filter((name) => reached.has(name))).toEqual(["lint", "typecheck"]);
});
