// Compiles and starts the host program (test/native/host.cc).
import { execFile, spawnSync } from "node:child_process";
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
  /** Path of the plugin that it loads by default. */
  readonly plugin: string;
  /** Returns the process's whole environment; undefined removes a variable. */
  environment(extra: Environment): NodeJS.ProcessEnv;
  /** Returns the program's name for a file of this machine. */
  pathOf(file: string): string;
}

const sourceFolder = path.join(ROOT, "test", "native");
/** Sources that make the program export, on Linux, the names that Fluent Bit exports: those of libnode's libraries, and malloc. */
const AS_FLUENT_BIT = ["host_clashing_names.cc", "host_allocator.cc"];
const changedAt = (file: string): number => (existsSync(file) ? statSync(file).mtimeMs : 0);

/** Compiles the host program for a platform if its sources, or files among the flags, are newer; returns its path. */
export async function compileHost(
  compiler: string,
  platform: "posix" | "windows",
  flags: readonly string[],
  program: string,
): Promise<string> {
  const names = ["host.cc", `host_platform_${platform}.cc`, ...(platform === "posix" ? AS_FLUENT_BIT : [])];
  const sources = names.map((name) => path.join(sourceFolder, name));
  const newest = Math.max(...[...sources, path.join(sourceFolder, "host_platform.h"), ...flags].map(changedAt));
  if (changedAt(program) > newest) return program;
  mkdirSync(path.dirname(program), { recursive: true });
  // Several tests may build concurrently, also in one process: each builds a separate file, and the last rename wins.
  const fresh = `${program}.${randomUUID()}`;
  const exporting = platform === "posix" ? ["-rdynamic"] : [];
  await promisify(execFile)(compiler, ["-std=c++17", "-O1", ...exporting, ...sources, "-o", fresh, ...flags]);
  renameSync(fresh, program);
  return program;
}

/** Restrictions of test/native/restrained.cc. */
export type Restraint = "mdwe" | "no-executable-memory" | "no-close-range";

/** Returns a command with a restriction; undefined if the kernel does not support it. */
export async function restrained(restraint: Restraint, command: readonly string[]): Promise<string[] | undefined> {
  const source = path.join(sourceFolder, "restrained.cc");
  const program = path.join(ROOT, "build", "test-native", "restrained");
  if (changedAt(program) <= changedAt(source)) {
    mkdirSync(path.dirname(program), { recursive: true });
    const fresh = `${program}.${randomUUID()}`;
    await promisify(execFile)("c++", ["-std=c++17", "-O1", source, "-o", fresh]);
    renameSync(fresh, program);
  }
  const isKnown = spawnSync(program, [restraint, "/bin/true"]).status === 0;
  return isKnown ? [program, restraint, ...command] : undefined;
}

/** Builds the host program of this machine. */
export async function buildHost(): Promise<string> {
  return compileHost("c++", "posix", ["-ldl", "-pthread"], path.join(ROOT, "build", "test-native", "host"));
}

/** Builds the host program for any Linux of this machine's kind with glibc 2.17 or newer. */
export async function buildPortableHost(): Promise<string> {
  const native = path.join(ROOT, "native/platform/glibc");
  const sources = ["glibc_2_17.cc", "dl_find_object.cc", "isoc23_numbers.cc"].map((name) => path.join(native, name));
  const wrapped = ["__libc_start_main", "fstat64"].map((name) => `-Wl,--wrap=${name}`);
  // Without exclude-libs all of libstdc++ would be exported, and so linked in, with functions of glibc 2.36.
  const flags = ["-static-libgcc", "-static-libstdc++", "-ffunction-sections", "-Wl,--gc-sections", "-Wl,--exclude-libs,ALL", ...wrapped];
  const libraries = ["-ldl", "-pthread", `-Wl,@${path.join(native, "glibc_2_17.link")}`];
  const program = path.join(ROOT, "build", "test-native", "portable", "host");
  return compileHost("c++", "posix", [...sources, path.join(sourceFolder, "host_glibc_2_17.cc"), ...flags, ...libraries], program);
}

/** Returns this machine's host program with this machine's plugin. */
export async function nativeHost(): Promise<HostProgram> {
  return { command: await buildHost(), args: [], plugin: PLUGIN, environment: pluginEnvironment, pathOf: (file) => file };
}
