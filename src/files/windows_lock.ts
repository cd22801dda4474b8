/**
 * Locks a file on Windows, with a lock file next to it that only one process can have open.
 *
 * Windows closes the lock file however the process ends, so that no stale lock remains. Process numbers, as on Linux, would not do:
 * Windows reuses them within seconds, and nothing else identifies another process.
 */
import { constants } from "node:fs";
import { open, unlink, type FileHandle } from "node:fs/promises";
import { inUseError, maxWaitMs, pollMs, type Clock, type Lock } from "./lock.js";
import { expectRegular, isSystemError, privateMode } from "./named_file.js";

/** Flag to open a file that no other process can open meanwhile. Source: libuv, include/uv/win.h, UV_FS_O_EXLOCK. */
const exclusively = 0x10000000;

/**
 * Takes the lock of a file.
 * @throws ConfigurationError when another process holds the lock; KindError or a system error
 */
export async function takeWindowsLock(option: string, file: string, clock: Clock): Promise<Lock> {
  const lockFile = `${file}.lock`;
  await expectRegular(lockFile);
  const endMs = clock.now() + maxWaitMs;
  let handle = await tryOpen(lockFile);
  while (handle === undefined) {
    if (clock.now() >= endMs) throw inUseError(option, file, "another process");
    await clock.sleep(pollMs);
    handle = await tryOpen(lockFile);
  }
  const held = handle;
  let isReleased = false;
  const release = async () => {
    if (isReleased) return;
    isReleased = true;
    await held.close().catch(() => undefined);
    // Fails if another process has opened the lock file by now; then the file stays.
    await unlink(lockFile).catch(() => undefined);
  };
  // No process can remove or replace a file that is open exclusively.
  return { isHeld: () => Promise.resolve(!isReleased), release };
}

/** Opens the file; returns undefined while another process has it open. */
async function tryOpen(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, constants.O_RDWR | constants.O_CREAT | exclusively, privateMode);
  } catch (error) {
    if (isSystemError(error, "EBUSY")) return undefined;
    throw error;
  }
}
