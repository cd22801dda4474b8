/**
 * Keeps a second process from a file on Windows, by a file beside it that one process alone can have open.
 *
 * Windows closes it when the process ends, whichever way, so that nothing is left to tell from a process that runs. Numbers of processes,
 * as on Linux, would not do: Windows gives them anew within seconds, and tells no other process apart by more.
 */
import { constants } from "node:fs";
import { open, unlink, type FileHandle } from "node:fs/promises";
import { inUse, patienceMs, stepMs, type Clock, type Lock } from "./lock.js";
import { expectRegular, isSystemError, privateMode } from "./named_file.js";

/** Opens a file that nobody else may open meanwhile. Source: libuv, include/uv/win.h, UV_FS_O_EXLOCK. */
const exclusively = 0x10000000;

/**
 * Takes the lock.
 * @throws ConfigurationError when another process has it; KindError, or an error of the system's
 */
export async function takeWindowsLock(option: string, file: string, clock: Clock): Promise<Lock> {
  const lockFile = `${file}.lock`;
  await expectRegular(lockFile);
  const endMs = clock.now() + patienceMs;
  let handle = await tryOpen(lockFile);
  while (handle === undefined) {
    if (clock.now() >= endMs) throw inUse(option, file, "another process");
    await clock.sleep(stepMs);
    handle = await tryOpen(lockFile);
  }
  const held = handle;
  let isReleased = false;
  const release = async () => {
    if (isReleased) return;
    isReleased = true;
    await held.close().catch(() => undefined);
    // Another process may have it by now, and is left alone.
    await unlink(lockFile).catch(() => undefined);
  };
  // Nobody can remove or replace what is open in this way.
  return { isHeld: () => Promise.resolve(!isReleased), release };
}

/** Returns undefined while another process has the file. */
async function tryOpen(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, constants.O_RDWR | constants.O_CREAT | exclusively, privateMode);
  } catch (error) {
    if (isSystemError(error, "EBUSY")) return undefined;
    throw error;
  }
}
