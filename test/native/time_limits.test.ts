/** Tests that the library's time limits, which the builds of this folder shorten, are those in the documents. */
import { readdirSync, readFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { run } from "./native_build.js";

const root = process.cwd();
const header = "native/runtime/time_limits.h";
const compileTimeoutMs = 60_000;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "time-limits-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

it("the library's time limits equal those in the documents", { timeout: 2 * compileTimeoutMs }, async () => {
  const [source, program] = [join(folder, "limits.cc"), join(folder, "limits")];
  const names = ["kStopTimeoutMs", "kSendTimeoutMs", "kProcessEndTimeoutMs", "kStuckFactor"];
  const lines = names.map((name) => `  std::printf("${name} %lld\\n", static_cast<long long>(kinesis::${name}));`);
  writeFileSync(source, `#include "${join(root, header)}"\n#include <cstdio>\nint main() {\n${lines.join("\n")}\n}\n`);
  expect(await run([process.env["CXX"] ?? "c++", "-std=c++17", source, "-o", program], compileTimeoutMs)).toMatchObject({ status: 0 });
  const { output } = await run([program], compileTimeoutMs);
  expect(output).toBe("kStopTimeoutMs 8000\nkSendTimeoutMs 8000\nkProcessEndTimeoutMs 5000\nkStuckFactor 10\n");
  const bounds = readFileSync(join(root, "docs/BOUNDS.md"), "utf8");
  expect(bounds).toContain("| silence of the Node.js process at the end of an output | – | 8 s |");
  expect(bounds).toContain("ten times that while a single script runs");
});

it("no build of the library sets other time limits than the header", () => {
  const settable = [...readFileSync(join(root, header), "utf8").matchAll(/^#ifndef (\w+)$/gmu)].map(([, name = ""]) => name);
  expect(settable).toHaveLength(4);
  const scripts = readdirSync(join(root, "native"), { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".cmake"));
  const builds = ["CMakeLists.txt", "Makefile", ...scripts.map((file) => join("native", file))];
  expect(builds.length).toBeGreaterThan(4);
  const setters = builds.filter((file) => settable.some((name) => readFileSync(join(root, file), "utf8").includes(name)));
  expect(setters).toEqual([]);
});
