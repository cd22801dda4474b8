// Runs a script that looks for tools (scripts/found_tools.sh) in a separate project, with programs that a test provides.
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

export interface ScriptOutcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Content of its file `environment`. */
  readonly kept: string;
}

const usualTools = ["dirname", "mkdir", "mv", "cat", "tr", "sed"];

export class ToolScript {
  readonly #folder = mkdtempSync(path.join(tmpdir(), "tool-script-"));
  readonly #script: string;
  readonly #builds: string;

  /**
   * @param script its name in scripts/
   * @param builds its working folder in build/
   * @param tools programs of this machine that it needs besides the usual ones
   */
  constructor(script: string, builds: string, tools: readonly string[] = []) {
    this.#script = path.join(this.#folder, "scripts", script);
    this.#builds = builds;
    for (const name of ["scripts", "programs"]) mkdirSync(path.join(this.#folder, name));
    for (const name of [script, "found_tools.sh", "apt.sh"]) copyFileSync(path.resolve("scripts", name), path.join(this.#folder, "scripts", name));
    for (const tool of [...usualTools, ...tools]) symlinkSync(`/usr/bin/${tool}`, path.join(this.#folder, "programs", tool));
  }

  /** Returns a path below its working folder. */
  placeOf(name: string): string {
    return path.join(this.#folder, "build", this.#builds, name);
  }

  /** Writes a shell program into the only folder of the test's PATH. */
  provide(name: string, does: string): void {
    const program = path.join(this.#folder, "programs", name);
    writeFileSync(program, `#!/bin/sh\n${does}\n`);
    chmodSync(program, 0o755);
  }

  run(environment: Readonly<Record<string, string>> = {}, args: readonly string[] = []): ScriptOutcome {
    const env = { PATH: path.join(this.#folder, "programs"), ...environment };
    const { status, stdout, stderr } = spawnSync("/bin/sh", [this.#script, ...args], { env, encoding: "utf8" });
    return { status, stdout, stderr, kept: readFileSync(this.placeOf("environment"), "utf8") };
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }
}
