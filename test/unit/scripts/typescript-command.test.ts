/** Tests that commands run their current sources, and say what to do when the project's packages are missing. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "commands-"));
  cpSync("scripts", join(folder, "scripts"), { recursive: true });
  cpSync("package.json", join(folder, "package.json"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("a command", () => {
  const part = () => join(folder, "scripts/part.ts");
  const bundle = () => join(folder, "build/say.mjs");

  function say(): string {
    const script = `const { text } = await (await import("./scripts/typescript_command.mjs")).importTypeScript("scripts/say.ts", "say"); console.log(text);`;
    const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { cwd: folder, encoding: "utf8" });
    return stdout.trim() || stderr;
  }

  function writePart(text: string, secondsAgo: number): void {
    writeFileSync(part(), `export const part = ${JSON.stringify(text)};\n`);
    const time = Date.now() / 1000 - secondsAgo;
    utimesSync(part(), time, time);
  }

  beforeAll(() => {
    symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
    writeFileSync(join(folder, "scripts/say.ts"), 'import { part } from "./part.js";\nexport const text: string = `It says ${part}`;\n');
    writePart("one", 60);
  });
  afterAll(() => rmSync(join(folder, "node_modules")));

  it("is bundled once while its sources stay the same, and again when one of them has changed", () => {
    expect(say()).toBe("It says one");
    const { mtimeMs } = statSync(bundle());
    expect(say()).toBe("It says one");
    expect(statSync(bundle()).mtimeMs).toBe(mtimeMs);
    writePart("two", -1);
    expect(say()).toBe("It says two");
  });

  it("is bundled again when a source was deleted", () => {
    writePart("three", 60);
    say();
    rmSync(part());
    expect(say()).toMatch(/Could not resolve/u);
  });
});

it.each(["tail", "check", "demo"])("%s without node_modules says what to install", (name) => {
  const { status, stderr } = spawnSync(process.execPath, [join(folder, "scripts", `${name}.mjs`), "--help"], { encoding: "utf8" });
  expect(stderr).toBe(
    "The project's packages are missing. Run 'npm ci --ignore-scripts' in its folder first, or make, which does it too\n",
  );
  expect(status).toBe(1);
});
