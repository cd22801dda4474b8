/** Reads files that the user names: only regular files, up to a maximum size, without waiting for a writer. */
import { constants, type Stats } from "node:fs";
import { open, stat, type FileHandle } from "node:fs/promises";
import { devNull } from "node:os";

/** Maximum bytes of a shared file or a bundle of certificates: the bundles of distributions have 220 to 500 KB. */
export const maxFileBytes = 1024 * 1024;
/** Maximum bytes of a token: most have 1 to 3 KB, a web identity token up to 20,000 characters (AWS STS API Reference, AssumeRoleWithWebIdentity). */
export const maxTokenBytes = 20 * 1024;

const partBytes = 64 * 1024;

/** Error for a file that cannot be read. Its message continues the file's path and "which". */
export class FileFault extends Error {
  override readonly name = "FileFault";
  /** Code of the system, such as ENOENT. Undefined when the kind or the size of the file is at fault. */
  readonly code: string | undefined;

  /** @param code of the system */
  constructor(message: string, code?: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Reads a file to its end. Rejects FIFOs, whose open waits for a writer, and devices, whose read may never end: a hung call blocks
 * one of Node's four threads for files and DNS. Follows links: a projected token of Kubernetes is one. The null device reads as empty.
 * @throws FileFault
 */
export async function readBoundedFile(path: string, maxBytes: number): Promise<Buffer> {
  try {
    // Checks before opening: opening alone starts some devices, and ends the wait of a FIFO's writer.
    if (nullDevicePath.test(path) || (await isNullDevice(checkKind(await stat(path))))) return Buffer.alloc(0);
    // O_NONBLOCK because the file may have become a FIFO since the check. Windows has neither the flag nor FIFOs.
    const file = await open(path, constants.O_RDONLY | ((constants.O_NONBLOCK as number | undefined) ?? 0));
    try {
      if (checkKind(await file.stat()).isCharacterDevice()) throw new FileFault(kindFault("a device"));
      return await readUpTo(file, maxBytes);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw error instanceof FileFault ? error : systemFault(error);
  }
}

/** Throws for every file that is neither regular nor a character device. The null device is one of the latter. */
function checkKind(stats: Stats): Stats {
  if (stats.isFile() || stats.isCharacterDevice()) return stats;
  if (stats.isDirectory()) throw new FileFault(kindFault("a folder"));
  if (stats.isFIFO()) throw new FileFault(kindFault("a FIFO"));
  throw new FileFault(kindFault(stats.isSocket() ? "a socket" : "a device"));
}

const nullDevicePath = process.platform === "win32" ? /^(?:\\\\\.\\)?nul$/iu : /^\/dev\/null$/u;

/** Returns whether a file is the null device under another path. Throws for any other device. */
async function isNullDevice(stats: Stats): Promise<boolean> {
  if (!stats.isCharacterDevice()) return false;
  if (process.platform !== "win32" && stats.rdev === (await stat(devNull)).rdev) return true;
  throw new FileFault(kindFault("a device"));
}

/** Reads at most `maxBytes`. Ignores the size in the stats: a file may grow, and files in /proc have size 0. */
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
