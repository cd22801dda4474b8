/** Keeps a second process from a file, by a file beside it that names the process which has it. */
import { open, rename, unlink } from "node:fs/promises";
import { ConfigurationError } from "../configuration_error.js";
import { FileFault, readBoundedFile } from "../network/bounded_file.js";
import { expectRegular, isSystemError, privateMode } from "./named_file.js";
import { isRunning, ownIdentity, type ProcessIdentity } from "./process_identity.js";

const mostLockBytes = 4096;
/**
 * For which a process that has the lock is waited for: the process of Node.js ends a moment after the Fluent Bit that was killed, and may
 * be met by the next one.
 */
const patienceMs = 5000;
const stepMs = 100;

/** The clock of a wait. */
export interface Clock {
  /** Returns milliseconds that never decrease. */
  readonly now: () => number;
  /** Resolves after this time. */
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** A lock that this process took. */
export interface Lock {
  /** Whether it is still this process's: somebody may have removed or replaced the file. */
  isHeld(): Promise<boolean>;
  /** Gives it back. Never rejects. */
  release(): Promise<void>;
}

/**
 * Takes the lock. One whose process has ended is taken over.
 * @param token unlike that of any other lock
 * @throws ConfigurationError when a process that runs has it; KindError, or an error of the system's
 */
export async function takeLock(option: string, file: string, token: string, clock: Clock): Promise<Lock> {
  const lockFile = `${file}.lock`;
  await expectRegular(lockFile);
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
      throw new ConfigurationError(
        `Invalid '${option}' value (${file}) specified, the process ${holder.pid} uses it; give each Fluent Bit a file of its own. If that process is not a Fluent Bit, remove ${lockFile}`,
      );
    }
    await clock.sleep(stepMs);
  }
  const isHeld = async () => (await contentOf(lockFile)) === content;
  const release = async () => {
    if (await isHeld()) await unlink(lockFile).catch(() => undefined);
  };
  return { isHeld, release };
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
    return (await readBoundedFile(file, mostLockBytes)).toString("utf8");
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
