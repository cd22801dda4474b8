/** Keeps a second process from a file, by a file beside it that names the process which has it. */
import { open, rename, unlink } from "node:fs/promises";
import { FileFault, readBoundedFile } from "../network/bounded_file.js";
import { inUse, patienceMs, stepMs, type Clock, type Lock } from "./lock.js";
import { expectRegular, isSystemError, KindError, privateMode } from "./named_file.js";
import { isRunning, ownIdentity, type ProcessIdentity } from "./process_identity.js";
import { takeWindowsLock } from "./windows_lock.js";

const maxLockBytes = 4096;
/**
 * Takes the lock. One whose process has ended is taken over.
 * @param token unlike that of any other lock
 * @throws ConfigurationError when a process that runs has it; KindError, or an error of the system's
 */
export async function takeLock(option: string, file: string, token: string, clock: Clock): Promise<Lock> {
  if (process.platform === "win32") return takeWindowsLock(option, file, clock);
  const lockFile = `${file}.lock`;
  await expectLock(lockFile);
  const own = await ownIdentity();
  const content = `${JSON.stringify({ ...own, token })}\n`;
  const endMs = clock.now() + patienceMs;
  while (!(await tryCreate(lockFile, content))) {
    const holder = holderIn(await contentOf(lockFile));
    // Its own number is that of an earlier process, or of an end that could not remove the file.
    if (holder === undefined || holder.pid === own.pid || !(await isRunning(holder, own))) {
      // Of two that do this at once, the last one has it; the other finds out before it writes.
      const fresh = `${lockFile}.${token}`;
      await create(fresh, content);
      await rename(fresh, lockFile);
      break;
    }
    if (clock.now() >= endMs) {
      throw inUse(option, file, `the process ${holder.pid}`, `. If that process is not a Fluent Bit, remove ${lockFile}`);
    }
    await clock.sleep(stepMs);
  }
  const isHeld = async () => (await contentOf(lockFile)) === content;
  const release = async () => {
    if (await isHeld()) await unlink(lockFile).catch(() => undefined);
  };
  return { isHeld, release };
}

/** The option names another file. */
async function expectLock(lockFile: string): Promise<void> {
  try {
    await expectRegular(lockFile);
  } catch (error) {
    throw error instanceof KindError ? new KindError(`has ${lockFile} beside it, which ${error.message}`) : error;
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

/** Undefined when the file is gone or cannot be read. */
async function contentOf(file: string): Promise<string | undefined> {
  try {
    return (await readBoundedFile(file, maxLockBytes)).toString("utf8");
  } catch (error) {
    if (error instanceof FileFault) return undefined;
    throw error;
  }
}

/** Undefined when no process is named: the lock was cut short when the disk was full or the system stopped. */
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
