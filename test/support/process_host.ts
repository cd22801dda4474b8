// Environments in which the core runs in a place that the test chooses, whatever runtime the rest of a test run has.
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll } from "vitest";
import type { Environment } from "./environment.js";
import { buildHost, type HostProgram, nativeHost, PLUGIN } from "./host_program.js";

/** Nothing is said about where the core runs, and no libnode is beside the plugin or named. */
export const unsaid: Environment = {
  KINESIS_RUNTIME: undefined,
  KINESIS_NODE: undefined,
  KINESIS_LIBNODE: undefined,
  LD_LIBRARY_PATH: undefined,
};

/** This machine's node, in a process of its own. */
export const inProcess: Environment = { ...unsaid, KINESIS_RUNTIME: "process", KINESIS_NODE: process.execPath };

/** The libnode of the tests, in the host's process. */
export const embedded: Environment = {
  ...unsaid,
  KINESIS_RUNTIME: "embedded",
  KINESIS_LIBNODE: process.env["KINESIS_TEST_LIBNODE"],
  LD_LIBRARY_PATH: process.env["KINESIS_TEST_LIBRARY_PATH"],
};

/** Whether the system's loader finds a libnode: then one cannot be absent. */
export const hasSystemLibnode = spawnSync("sh", ["-c", "PATH=$PATH:/sbin:/usr/sbin ldconfig -p"], { encoding: "utf8" }).stdout.includes('libnode.so');

/** A folder with programs in the place of node. */
export class ProgramFolder {
  readonly path = mkdtempSync(path.join(tmpdir(), "programs-"));

  /** A folder in it; gives its path. */
  folder(): string {
    return mkdtempSync(path.join(this.path, "folder-"));
  }

  /** A folder with this machine's node as `node`. */
  folderWithNode(): string {
    const folder = this.folder();
    symlinkSync(process.execPath, path.join(folder, "node"));
    return folder;
  }

  /** A copy of the plugin in the folder. */
  pluginIn(folder: string): string {
    const copy = path.join(folder, "kinesis.so");
    copyFileSync(PLUGIN, copy);
    return copy;
  }

  /** A FIFO without a writer; gives its path. */
  fifo(): string {
    const file = path.join(this.folder(), "fifo");
    execFileSync("mkfifo", [file]);
    return file;
  }

  /** A file named node with this text, that can be executed or not. */
  program(text: string, mode = 0o755): string {
    const file = path.join(this.folder(), "node");
    writeFileSync(file, text);
    chmodSync(file, mode);
    return file;
  }

  destroy(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** A folder for programs that ends with the test file. */
export function usePrograms(): ProgramFolder {
  const programs = new ProgramFolder();
  afterAll(() => {
    programs.destroy();
  });
  return programs;
}

/** The host program, started by a shell that first does something to its descriptors. */
export async function hostBehind(redirections: string): Promise<HostProgram> {
  return { ...(await nativeHost()), command: "sh", args: ["-c", `exec "$0" ${redirections}`, await buildHost()] };
}
