/** Reads files that the user names: only regular files, only up to a size, and without waiting for a writer. */
import { constants, type Stats } from "node:fs";
import { open, stat, type FileHandle } from "node:fs/promises";
import { devNull } from "node:os";

/** Shared files, and bundles of certificates: the bundles of distributions have 220 to 500 KB. */
export const maxFileBytes = 1024 * 1024;
/** Tokens: most have 1 to 3 KB, the largest web identity token 20,000 characters (AWS STS API Reference, AssumeRoleWithWebIdentity). */
export const maxTokenBytes = 20 * 1024;

const partBytes = 64 * 1024;

/** Why a file is not read. The message follows the file's path and "which". */
export class FileFault extends Error {
  override readonly name = "FileFault";
  /** Of the system, such as ENOENT. Undefined when the file itself is at fault. */
  readonly code: string | undefined;

  /** @param code of the system */
  constructor(message: string, code?: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Reads a file to its end. Opening a FIFO would wait for its writer, and reading a device may never end: a hung read keeps one of
 * Node's four threads for files and names. Links are followed: a projected token of Kubernetes is one. The null device is an empty file.
 * @throws FileFault
 */
export async function readBoundedFile(path: string, maxBytes: number): Promise<Buffer> {
  try {
    // Before the file is opened: opening alone starts some devices, and ends the wait of a FIFO's writer.
    if (isNullDevice.test(path) || (await leadsNowhere(check(await stat(path))))) return Buffer.alloc(0);
    // Undefined on Windows, where no file can be a FIFO. Between the two looks the file may have become one.
    const file = await open(path, constants.O_RDONLY | ((constants.O_NONBLOCK as number | undefined) ?? 0));
    try {
      if (check(await file.stat()).isCharacterDevice()) throw new FileFault(kindFault("a device"));
      return await readUpTo(file, maxBytes);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw error instanceof FileFault ? error : systemFault(error);
  }
}

/** Throws for all but regular files and character devices, among which is the null device. */
function check(stats: Stats): Stats {
  if (stats.isFile() || stats.isCharacterDevice()) return stats;
  if (stats.isDirectory()) throw new FileFault(kindFault("a folder"));
  if (stats.isFIFO()) throw new FileFault(kindFault("a FIFO"));
  throw new FileFault(kindFault(stats.isSocket() ? "a socket" : "a device"));
}

const isNullDevice = process.platform === "win32" ? /^(?:\\\\\.\\)?nul$/iu : /^\/dev\/null$/u;

/** Whether a device is the null device under another name. Throws for any other device. */
async function leadsNowhere(stats: Stats): Promise<boolean> {
  if (!stats.isCharacterDevice()) return false;
  if (process.platform !== "win32" && stats.rdev === (await stat(devNull)).rdev) return true;
  throw new FileFault(kindFault("a device"));
}

/** The size that a file has says nothing of what is read: it may grow, and files of /proc have none. */
async function readUpTo(file: FileHandle, maxBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  while (bytes <= maxBytes) {
    const part = Buffer.allocUnsafe(Math.min(partBytes, maxBytes + 1 - bytes));
    const { bytesRead } = await file.read(part, 0, part.length, null);
    if (bytesRead === 0) return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
    parts.push(part.subarray(0, bytesRead));
    bytes += bytesRead;
  }
  throw new FileFault(`has more than ${maxBytes} bytes; is it the right file?`);
}

function kindFault(kind: string): string {
  return `is ${kind}; it must be a regular file`;
}

function systemFault(error: unknown): FileFault {
  const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
  const advice = code === "EACCES" || code === "EPERM" ? "; Fluent Bit's user must be allowed to read it" : "";
  return new FileFault(`cannot be read (${code})${advice}`, code);
}
