// Tests that the import rules reject circles, imports of higher rooms, and modules that a room must not know.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ROOT } from "../../support/plugin_host.js";

/** Forbidden imports, each with the name of the rule that it breaks. */
const breaches: readonly [file: string, imported: string, rule: string][] = [
  ["bytes/a.ts", "../chunk/allowed.js", "bytes uses no other room"],
  ["record/a.ts", "../pack/allowed.js", "record uses bytes, chunk"],
  ["pack/a.ts", "../delivery/allowed.js", "pack uses bytes, chunk, record"],
  ["delivery/a.ts", "../kinesis/api.js", "delivery uses bytes, pack, telemetry"],
  ["network/a.ts", "../credentials/allowed.js", "network uses telemetry"],
  ["credentials/a.ts", "../kinesis/api.js", "credentials uses network, telemetry"],
  ["kinesis/a.ts", "../options/allowed.js", "kinesis uses bytes, record, pack, delivery, network, credentials, telemetry"],
  ["files/a.ts", "../output/allowed.js", "files uses delivery, network, telemetry"],
  ["output/b.ts", "../files/allowed.js", "output uses bytes, pack, delivery, options, telemetry"],
  ["output/a.ts", "../host/binding.js", "output uses bytes, pack, delivery, options, telemetry"],
  ["telemetry/a.ts", "../host/binding.js", "only main.ts and host know the binding"],
  ["chunk/a.ts", "node:buffer", "the stages use no module of Node's"],
  ["record/b.ts", "@smithy/core", "the stages use nothing of the SDK"],
  ["pack/b.ts", "node:zlib", "the stages use no module of Node's"],
  ["delivery/b.ts", "node:crypto", "the stages use no module of Node's"],
  ["kinesis/b.ts", "@aws-sdk/client-kinesis", "only kinesis/api.ts uses the SDK's client of Kinesis"],
];
const allowed: readonly [file: string, imported: string][] = [
  ["main.ts", "./host/binding.js"],
  ["host/binding.ts", "../output/allowed.js"],
  ["kinesis/api.ts", "@aws-sdk/client-kinesis"],
  ["pack/compression.ts", "node:zlib"],
  ["output/allowed.ts", "../options/allowed.js"],
  ["options/allowed.ts", "../kinesis/api.js"],
  ["credentials/allowed.ts", "../network/allowed.js"],
  ["network/allowed.ts", "node:http"],
  ["files/allowed.ts", "node:fs"],
  ["delivery/allowed.ts", "../pack/allowed.js"],
  ["pack/allowed.ts", "../record/allowed.js"],
  ["record/allowed.ts", "../chunk/allowed.js"],
  ["chunk/allowed.ts", "../limits.js"],
  ["limits.ts", "./configuration_error.js"],
  ["configuration_error.ts", ""],
];
/** Two files that import each other. */
const circle: readonly [file: string, imported: string][] = [
  ["pack/round.ts", "./circle.js"],
  ["pack/circle.ts", "./round.js"],
];

interface Violation {
  readonly from: string;
  readonly to: string;
  readonly rule: { readonly name: string };
}

let folder: string;
let found: string[];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "imports-"));
  for (const [file, imported] of [...breaches, ...allowed, ...circle]) {
    const target = join(folder, "src", file);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, imported === "" ? "export const x = 1;\n" : `export { x } from "${imported}";\n`);
  }
  for (const name of ["node_modules", "tsconfig.json", "package.json"]) symlinkSync(join(ROOT, name), join(folder, name));
  const program = join(ROOT, "node_modules/dependency-cruiser/bin/dependency-cruise.mjs");
  const rules = join(ROOT, "scripts/import_rules.mjs");
  const { stdout, stderr } = spawnSync(process.execPath, [program, "--config", rules, "--output-type", "json", "src"], { cwd: folder, encoding: "utf8" });
  if (stdout === "") throw new Error(stderr);
  const { summary } = JSON.parse(stdout) as { summary: { violations: Violation[] } };
  found = summary.violations.map(({ from, rule }) => `${from}: ${rule.name}`);
});
afterAll(() => rmSync(folder, { recursive: true }));

it.each(breaches)("src/%s must not import %s", (file, _imported, rule) => {
  expect(found).toContain(`src/${file}: ${rule}`);
});

it.each(allowed)("src/%s may import '%s'", (file) => {
  expect(found.filter((violation) => violation.startsWith(`src/${file}:`))).toEqual([]);
});

it("two files that import each other break the rule on circles", () => {
  expect(found.filter((violation) => violation.endsWith("no file imports itself in a circle"))).not.toEqual([]);
});
