// Makes environments in which the core runs in a runtime that the test chooses, independent of the run's own.
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll } from "vitest";
import type { Environment } from "./environment.js";
import { buildHost, type HostProgram, nativeHost, PLUGIN } from "./host_program.js";

/** Sets no runtime, and no libnode is next to the plugin or named. */
export const unsetRuntime: Environment = {
  KINESIS_RUNTIME: undefined,
  KINESIS_NODE: undefined,
  KINESIS_LIBNODE: undefined,
  LD_LIBRARY_PATH: undefined,
};

/** Runs the core in a separate process with this machine's node. */
export const inProcess: Environment = { ...unsetRuntime, KINESIS_RUNTIME: "process", KINESIS_NODE: process.execPath };

/** Runs the core with the tests' libnode, in the host's process. */
export const embedded: Environment = {
  ...unsetRuntime,
  KINESIS_RUNTIME: "embedded",
  KINESIS_LIBNODE: process.env["KINESIS_TEST_LIBNODE"],
  LD_LIBRARY_PATH: process.env["KINESIS_TEST_LIBRARY_PATH"],
};

/** Whether the system's loader finds a libnode: then tests without one cannot run. */
export const hasSystemLibnode = spawnSync("sh", ["-c", "PATH=$PATH:/sbin:/usr/sbin ldconfig -p"], { encoding: "utf8" }).stdout.includes('libnode.so');

/** A folder with programs that replace node. */
export class ProgramFolder {
  readonly path = mkdtempSync(path.join(tmpdir(), "programs-"));

  /** Makes a folder in it; returns its path. */
  folder(): string {
    return mkdtempSync(path.join(this.path, "folder-"));
  }

  /** Makes a folder with this machine's node as `node`. */
  folderWithNode(): string {
    const folder = this.folder();
    symlinkSync(process.execPath, path.join(folder, "node"));
    return folder;
  }

  /** Copies the plugin into the folder. */
  pluginIn(folder: string): string {
    const copy = path.join(folder, "kinesis.so");
    copyFileSync(PLUGIN, copy);
    return copy;
  }

  /** Makes a FIFO without a writer; returns its path. */
  fifo(): string {
    const file = path.join(this.folder(), "fifo");
    execFileSync("mkfifo", [file]);
    return file;
  }

  /** Writes a file named node with this text, executable or not. */
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

/** Returns a folder for programs that is removed after the test file. */
export function usePrograms(): ProgramFolder {
  const programs = new ProgramFolder();
  afterAll(() => {
    programs.destroy();
  });
  return programs;
}

/** Returns the host program, started by a shell that first redirects its descriptors. */
export async function hostBehind(redirections: string): Promise<HostProgram> {
  return { ...(await nativeHost()), command: "sh", args: ["-c", `exec "$0" ${redirections}`, await buildHost()] };
}
