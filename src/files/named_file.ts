/** Opens files that an option names for writing: only regular files, and never waiting for the reader of a FIFO. */
import { constants } from "node:fs";
import { open, realpath, stat, type FileHandle } from "node:fs/promises";
import path from "node:path";
import { ConfigurationError } from "../configuration_error.js";

/** Such a file may hold records, so that only Fluent Bit's user may read it. */
export const privateMode = 0o600;

/** A system's error that is no fault of the code. */
export type SystemError = Error & { readonly code: string; readonly path?: string };

/** Whether an error is the system's. @param codes any when there are none */
export function isSystemError(error: unknown, ...codes: readonly string[]): error is SystemError {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return false;
  return codes.length === 0 || codes.includes(error.code);
}

/** Returns the code of a system's error, or the message of any other. */
export function reasonOf(error: unknown): string {
  if (isSystemError(error)) return error.code;
  return error instanceof Error ? error.message : String(error);
}

/** The file is there, but is no regular one. */
export class KindError extends Error {
  override readonly name = "KindError";
}

/**
 * Opens a regular file to append to, which is made where there is none. @throws KindError, or an error of the system's
 */
export async function openToAppend(file: string): Promise<FileHandle> {
  await expectRegular(file);
  // Undefined on Windows, where no file can be a FIFO. Between the two looks the file may have become one.
  const dontWait = (constants.O_NONBLOCK as number | undefined) ?? 0;
  const handle = await open(file, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | dontWait, privateMode);
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw new KindError("is not a regular file");
}

/** Whether Windows takes the name for a device, whatever its folder. Source: Microsoft, Naming Files, Paths, and Namespaces. */
export function namesDevice(file: string, platform: string = process.platform): boolean {
  return platform === "win32" && /(?:^|[\\/])(?:nul|con|prn|aux|com\d|lpt\d)(?:\.[^\\/]*)?$/iu.test(file);
}

/** Returns what two names of one file have in common: Windows does not tell large letters from small ones. */
export function nameKey(truePath: string, platform: string = process.platform): string {
  return platform === "win32" ? truePath.toLowerCase() : truePath;
}

/** Resolves when the file is regular, or there is none. @throws KindError, or an error of the system's */
export async function expectRegular(file: string): Promise<void> {
  if (namesDevice(file)) throw new KindError("is a device");
  try {
    const stats = await stat(file);
    if (stats.isFile()) return;
    throw new KindError(stats.isDirectory() ? "is a folder" : stats.isFIFO() ? "is a FIFO" : "is not a regular file");
  } catch (error) {
    if (!isSystemError(error, "ENOENT")) throw error;
  }
}

/** Returns the one path of a file, which may not be there yet, whatever links lead to it. @throws an error of the system's */
export async function truePath(file: string): Promise<string> {
  const absolute = path.resolve(file);
  try {
    return await realpath(absolute);
  } catch (error) {
    if (!isSystemError(error, "ENOENT")) throw error;
    return path.join(await realpath(path.dirname(absolute)), path.basename(absolute));
  }
}

/** What to tell of an option whose file cannot be used. */
export function unusable(option: string, file: string, error: unknown): ConfigurationError {
  if (error instanceof ConfigurationError) return error;
  if (error instanceof KindError) return new ConfigurationError(`Invalid '${option}' value (${file}) specified, it ${error.message}; it must be a regular file`);
  if (!isSystemError(error)) throw error;
  const advice = adviceOf(error.code);
  return new ConfigurationError(`Invalid '${option}' value (${file}) specified, the file cannot be opened (${error.code}); ${advice}`);
}

function adviceOf(code: string): string {
  if (code === "ENOENT" || code === "ENOTDIR") return "its folder must exist";
  if (code === "EACCES" || code === "EPERM") return "Fluent Bit's user must be allowed to read and write the file and to make files in its folder";
  if (code === "EROFS") return "its folder must not be read-only";
  return "it must be a file in a folder that Fluent Bit's user may write to";
}
