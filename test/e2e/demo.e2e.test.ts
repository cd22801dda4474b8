// Tests the README's demonstration with a log file of the test.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, it } from "vitest";
import { pluginEnvironment } from "../support/environment.js";
import { ROOT } from "../support/plugin_host.js";

const folder = mkdtempSync(path.join(tmpdir(), "demo-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("make demo sends the lines of a log file and reads all of them back", { timeout: 120_000 }, () => {
  const file = path.join(folder, "some.log");
  writeFileSync(file, Array.from({ length: 50 }, (_, n) => `line ${n}\n`).join(""));
  const run = spawnSync(process.execPath, ["scripts/demo.mjs", file], { cwd: ROOT, encoding: "utf8", env: pluginEnvironment() });
  expect(run.stdout + run.stderr).toContain("In: 50 lines. Out: 50 records, 0 lines missing.");
  expect(run.status).toBe(0);
});

it.skipIf(!process.env["FLUENT_BIT"])("make demo WATCH=yes shows the metrics of Fluent Bit, and ends with further commands", { timeout: 120_000 }, () => {
  const file = path.join(folder, "watched.log");
  writeFileSync(file, Array.from({ length: 500 }, (_, n) => `line ${n} ${"x".repeat(100)}\n`).join(""));
  const env = pluginEnvironment({ FLUENT_BIT: process.env["FLUENT_BIT"] });
  const run = spawnSync(process.execPath, ["scripts/demo.mjs", file, "yes"], { cwd: ROOT, encoding: "utf8", env });
  expect(run.stdout).toMatch(/^ {4}kinesis\.0 -> demo\n {6}records +\S+\/s, /mu);
  expect(run.stdout).toContain("500 records, 0 lines missing.");
  expect(run.stdout).toMatch(/\nWhere to look next:\n {2}make kinesis/u);
  expect(run.status).toBe(0);
});
