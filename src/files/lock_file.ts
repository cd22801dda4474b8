/** Locks a file against other processes, with a lock file next to it that names the holder. */
import { open, rename, unlink } from "node:fs/promises";
import { FileFault, readBoundedFile } from "../network/bounded_file.js";
import { inUseError, maxWaitMs, pollMs, type Clock, type Lock } from "./lock.js";
import { expectRegular, isSystemError, KindError, privateMode } from "./named_file.js";
import { isRunning, ownIdentity, type ProcessIdentity } from "./process_identity.js";
import { takeWindowsLock } from "./windows_lock.js";

const maxLockBytes = 4096;

/**
 * Takes the lock of a file; takes over a lock whose process has ended.
 * @param token text that no other lock has
 * @throws ConfigurationError when a running process holds the lock; KindError or a system error
 */
export async function takeLock(option: string, file: string, token: string, clock: Clock): Promise<Lock> {
  if (process.platform === "win32") return takeWindowsLock(option, file, clock);
  const lockFile = `${file}.lock`;
  await expectLock(lockFile);
  const own = await ownIdentity();
  const content = `${JSON.stringify({ ...own, token })}\n`;
  const endMs = clock.now() + maxWaitMs;
  while (!(await tryCreate(lockFile, content))) {
    const holder = holderIn(await contentOf(lockFile));
    // With the process's own number, the lock is of an earlier process, or of an output that could not remove it at its end.
    if (holder === undefined || holder.pid === own.pid || !(await isRunning(holder, own))) {
      // When two processes do this at once, the last one gets the lock; the other finds out (isHeld) before it writes.
      const fresh = `${lockFile}.${token}`;
      await create(fresh, content);
      await rename(fresh, lockFile);
      break;
    }
    if (clock.now() >= endMs) {
      throw inUseError(option, file, `process ${holder.pid}`, `. If that process is not a Fluent Bit, remove ${lockFile}`);
    }
    await clock.sleep(pollMs);
  }
  const isHeld = async () => (await contentOf(lockFile)) === content;
  const release = async () => {
    if (await isHeld()) await unlink(lockFile).catch(() => undefined);
  };
  return { isHeld, release };
}

/** Checks that the lock file is a regular file, or missing; the error names it, since the option names another file. */
async function expectLock(lockFile: string): Promise<void> {
  try {
    await expectRegular(lockFile);
  } catch (error) {
    throw error instanceof KindError ? new KindError(`has ${lockFile} next to it, which ${error.message}`) : error;
  }
}

async function tryCreate(file: string, content: string): Promise<boolean> {
  try {
    await create(file, content);
    return true;
  } catch (error) {
    if (isSystemError(error, "EEXIST")) return false;
    throw error;
  }
}

async function create(file: string, content: string): Promise<void> {
  const handle = await open(file, "wx", privateMode);
  try {
    await handle.writeFile(content);
  } finally {
    await handle.close();
  }
}

/** Returns the file's text; undefined when the file is gone or cannot be read. */
async function contentOf(file: string): Promise<string | undefined> {
  try {
    return (await readBoundedFile(file, maxLockBytes)).toString("utf8");
  } catch (error) {
    if (error instanceof FileFault) return undefined;
    throw error;
  }
}

/** Returns the process that a lock file names; undefined for an incomplete file, left by a full disk or a system crash. */
function holderIn(content: string | undefined): ProcessIdentity | undefined {
  try {
    const { pid, startedAt, boot, namespace } = JSON.parse(content ?? "") as Readonly<Record<string, unknown>>;
    if (typeof pid !== "number" || !Number.isSafeInteger(pid) || pid <= 0) return undefined;
    const textOf = (value: unknown) => (typeof value === "string" ? value : undefined);
    return { pid, startedAt: textOf(startedAt), boot: textOf(boot), namespace: textOf(namespace) };
  } catch {
    return undefined;
  }
}
