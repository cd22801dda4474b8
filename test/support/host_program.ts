// The host program (test/native/host.cc): how it is compiled, started, and told of files and of its environment.
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, renameSync, statSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { type Environment, pluginEnvironment } from "./environment.js";

export const ROOT = process.cwd();
/** The library under test; KINESIS_TEST_PLUGIN names another build of it. */
export const PLUGIN = process.env["KINESIS_TEST_PLUGIN"] ?? path.join(ROOT, "bin", "kinesis.so");

export interface HostProgram {
  readonly command: string;
  readonly args: readonly string[];
  /** The plugin that it loads unless told otherwise. */
  readonly plugin: string;
  /** All of the process's environment; undefined removes a variable. */
  environment(extra: Environment): NodeJS.ProcessEnv;
  /** How the program names a file of this machine. */
  pathOf(file: string): string;
}

const sourceFolder = path.join(ROOT, "test", "native");
const changedAt = (file: string): number => (existsSync(file) ? statSync(file).mtimeMs : 0);

/** Compiles the host program for a platform unless that was done since its sources last changed; gives its path. */
export async function compileHost(
  compiler: string,
  platform: "posix" | "windows",
  flags: readonly string[],
  program: string,
): Promise<string> {
  const sources = ["host.cc", `host_platform_${platform}.cc`].map((name) => path.join(sourceFolder, name));
  const newest = Math.max(...[...sources, path.join(sourceFolder, "host_platform.h")].map(changedAt));
  if (changedAt(program) > newest) return program;
  mkdirSync(path.dirname(program), { recursive: true });
  // Several tests may build at once, also in one process: each to a file of its own, and the last rename wins.
  const fresh = `${program}.${randomUUID()}`;
  await promisify(execFile)(compiler, ["-std=c++17", "-O1", ...sources, "-o", fresh, ...flags]);
  renameSync(fresh, program);
  return program;
}

/** The host program of this machine. */
export async function buildHost(): Promise<string> {
  return compileHost("c++", "posix", ["-ldl", "-pthread"], path.join(ROOT, "build", "test-native", "host"));
}

/** This machine's host program with this machine's plugin. */
export async function nativeHost(): Promise<HostProgram> {
  return { command: await buildHost(), args: [], plugin: PLUGIN, environment: pluginEnvironment, pathOf: (file) => file };
}
