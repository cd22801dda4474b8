/** The commands for people say what to do where the project's packages are missing. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "no-packages-"));
  cpSync("scripts", join(folder, "scripts"), { recursive: true });
  cpSync("package.json", join(folder, "package.json"));
});
afterAll(() => rmSync(folder, { recursive: true }));

it.each(["tail", "check", "demo"])("%s, without node_modules", (name) => {
  const { status, stderr } = spawnSync(process.execPath, [join(folder, "scripts", `${name}.mjs`), "--help"], { encoding: "utf8" });
  expect(stderr).toBe(
    "The project's packages are missing. Run 'npm ci --ignore-scripts' in its folder first, or make, which does it too\n",
  );
  expect(status).toBe(1);
});
