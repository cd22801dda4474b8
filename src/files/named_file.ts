/** Opens and checks the files that options name for writing: only regular files, without blocking on a FIFO. */
import { constants } from "node:fs";
import { open, realpath, stat, type FileHandle } from "node:fs/promises";
import path from "node:path";
import { ConfigurationError } from "../configuration_error.js";

/** Mode of new files: they may hold records, so only Fluent Bit's user may read them. */
export const privateMode = 0o600;

/** An error of a system call, not of the code. */
export type SystemError = Error & { readonly code: string; readonly path?: string };

/** Returns whether an error is a system error with one of these codes. @param codes when none are passed, any code matches */
export function isSystemError(error: unknown, ...codes: readonly string[]): error is SystemError {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return false;
  return codes.length === 0 || codes.includes(error.code);
}

/** Returns the code of a system error, or the message of any other error. */
export function reasonOf(error: unknown): string {
  if (isSystemError(error)) return error.code;
  return error instanceof Error ? error.message : String(error);
}

/** Error for a file that exists but is not a regular file. */
export class KindError extends Error {
  override readonly name = "KindError";
}

/** Opens a regular file for appending; creates it if it is missing. @throws KindError or a system error */
export async function openToAppend(file: string): Promise<FileHandle> {
  await expectRegular(file);
  // The file may have become a FIFO since the check. O_NONBLOCK is undefined on Windows, which has no FIFOs among files.
  const nonBlocking = (constants.O_NONBLOCK as number | undefined) ?? 0;
  const handle = await open(file, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | nonBlocking, privateMode);
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw new KindError("is not a regular file");
}

/** Returns whether Windows treats the name as a device, in any folder. Source: Microsoft, Naming Files, Paths, and Namespaces. */
export function namesDevice(file: string, platform: string = process.platform): boolean {
  return platform === "win32" && /(?:^|[\\/])(?:nul|con|prn|aux|com\d|lpt\d)(?:\.[^\\/]*)?$/iu.test(file);
}

/** Returns a key that is equal for all spellings of one file's path: Windows ignores case. */
export function nameKey(truePath: string, platform: string = process.platform): string {
  return platform === "win32" ? truePath.toLowerCase() : truePath;
}

/** Checks that a file is a regular file, or missing. @throws KindError or a system error */
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

/** Returns the absolute path of a file with all links resolved; the file itself may be missing. @throws a system error */
export async function truePath(file: string): Promise<string> {
  const absolute = path.resolve(file);
  try {
    return await realpath(absolute);
  } catch (error) {
    if (!isSystemError(error, "ENOENT")) throw error;
    return path.join(await realpath(path.dirname(absolute)), path.basename(absolute));
  }
}

/** Returns the error for an option whose file cannot be used. Rethrows other errors than file errors. */
export function unusableFileError(option: string, file: string, error: unknown): ConfigurationError {
  if (error instanceof ConfigurationError) return error;
  if (error instanceof KindError) return new ConfigurationError(`Invalid '${option}' value (${file}) specified, it ${error.message}; it must be a regular file`);
  if (!isSystemError(error)) throw error;
  const advice = adviceOf(error.code);
  return new ConfigurationError(`Invalid '${option}' value (${file}) specified, the file cannot be opened (${error.code}); ${advice}`);
}

function adviceOf(code: string): string {
  if (code === "ENOENT" || code === "ENOTDIR") return "its folder must exist";
  if (code === "EACCES" || code === "EPERM") return "Fluent Bit's user must be allowed to read and write the file and to create files in its folder";
  if (code === "EROFS") return "its folder must not be read-only";
  return "it must be a file in a folder that Fluent Bit's user may write to";
}
