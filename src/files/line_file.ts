/** Appends lines to a file behind the back of those who have them, and puts the file aside when it is large enough. */
import { rename, stat, type FileHandle } from "node:fs/promises";
import { openToAppend, isSystemError, reasonOf } from "./named_file.js";

/** Whom a line belongs to. */
export interface LineOwner {
  /** So many records are in the file. */
  written(records: number): void;
  /** So many records are not in the file, and will not be. */
  lost(records: number, reason: string): void;
}

interface Line {
  /** With its newline. */
  readonly bytes: Buffer;
  readonly records: number;
  readonly owner: LineOwner;
}

/** Of lines that wait to be written; one line is taken whatever its size. The line of the largest record has 14 MiB. */
export const maxWaitingBytes = 16 * 1024 * 1024;
const maxBatchBytes = 1024 * 1024;

const newline = Buffer.from("\n");

/**
 * One file of a process. Each batch of lines is one write with O_APPEND: lines of other processes stand before or behind it. A file
 * that somebody else renamed or removed is made anew.
 */
export class LineFile {
  readonly #file: string;
  readonly #maxBytes: () => number;
  readonly #waiting: Line[] = [];
  #waitingBytes = 0;
  /** Records lost for lack of room since the last batch, by owner. */
  readonly #overflow = new Map<LineOwner, number>();
  #handle: FileHandle | undefined;
  /** Whether the file may end within a line. */
  #isTorn = true;
  #writing: Promise<void> | undefined;

  private constructor(file: string, maxBytes: () => number, handle: FileHandle) {
    this.#file = file;
    this.#maxBytes = maxBytes;
    this.#handle = handle;
  }

  /**
   * Opens the file.
   * @param maxBytes from which size on it is put aside, as `.1`
   * @throws KindError, or an error of the system's
   */
  static async open(file: string, maxBytes: () => number): Promise<LineFile> {
    return new LineFile(file, maxBytes, await openToAppend(file));
  }

  /** Whether a line had no room. All lines are lost until the next batch is written: to make them costs more than to count them. */
  get isFull(): boolean {
    return this.#overflow.size > 0;
  }

  /** Appends a line without a newline, which is written soon, and reports the outcome to its owner. */
  append(text: string, records: number, owner: LineOwner): void {
    const bytes = Buffer.from(`${text}\n`);
    if (this.isFull || (this.#waitingBytes > 0 && this.#waitingBytes + bytes.length > maxWaitingBytes)) return this.lose(records, owner);
    this.#waiting.push({ bytes, records, owner });
    this.#waitingBytes += bytes.length;
    this.#writing ??= this.#writeAll();
  }

  /** Counts records as lost whose lines the caller has not made because the file is full, and reports that to their owner. */
  lose(records: number, owner: LineOwner): void {
    this.#overflow.set(owner, (this.#overflow.get(owner) ?? 0) + records);
    this.#writing ??= this.#writeAll();
  }

  /** Resolves when no line waits. */
  async idle(): Promise<void> {
    await this.#writing;
  }

  /** Closes the file when all lines are written. */
  async close(): Promise<void> {
    await this.idle();
    await this.#release();
  }

  async #writeAll(): Promise<void> {
    // What is appended in the same turn goes into one batch.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      let lines: readonly Line[] = [];
      try {
        const { handle, size } = await this.#current();
        lines = this.#nextBatch(size);
        if (lines.length === 0) await this.#putAside();
        else await this.#write(handle, lines);
      } catch (error) {
        await this.#release();
        const failed = lines.length > 0 ? lines : this.#nextBatch(0);
        this.#forget(failed);
        for (const [owner, records] of recordsByOwner(failed)) owner.lost(records, describe(error));
      }
      this.#reportOverflow();
    }
    this.#reportOverflow();
    this.#writing = undefined;
  }

  /** Returns the file that stands under the name now, and its size. */
  async #current(): Promise<{ readonly handle: FileHandle; readonly size: number }> {
    if (this.#handle !== undefined) {
      const [own, named] = [await this.#handle.stat(), await statOrNone(this.#file)];
      if (own.ino === named?.ino && own.dev === named.dev) return { handle: this.#handle, size: own.size };
      await this.#release();
    }
    const handle = await openToAppend(this.#file);
    this.#handle = handle;
    this.#isTorn = true;
    return { handle, size: (await handle.stat()).size };
  }

  /** Returns the lines that fit, the first one always where the file is empty. They wait until they are forgotten. */
  #nextBatch(size: number): readonly Line[] {
    const room = Math.min(maxBatchBytes, this.#maxBytes() - size);
    let bytes = 0;
    let count = 0;
    for (const line of this.#waiting) {
      bytes += line.bytes.length;
      if (bytes > room && (count > 0 || size > 0)) break;
      count++;
      if (bytes > room) break;
    }
    return this.#waiting.slice(0, count);
  }

  async #write(handle: FileHandle, lines: readonly Line[]): Promise<void> {
    if (this.#isTorn) this.#isTorn = !(await endsWithLine(handle));
    const parts = lines.map(({ bytes }) => bytes);
    const batch = Buffer.concat(this.#isTorn ? [newline, ...parts] : parts);
    const { bytesWritten } = await handle.write(batch, 0, batch.length);
    let end = this.#isTorn ? newline.length : 0;
    let count = 0;
    for (const { bytes } of lines) {
      end += bytes.length;
      if (end > bytesWritten) break;
      count++;
    }
    // A full disk takes a part. The rest is tried again, the torn line from its beginning, on a line of its own.
    this.#isTorn = bytesWritten < batch.length;
    if (bytesWritten === 0) throw new Error("nothing was written");
    const written = lines.slice(0, count);
    this.#forget(written);
    for (const [owner, records] of recordsByOwner(written)) owner.written(records);
  }

  #reportOverflow(): void {
    const lost = [...this.#overflow];
    this.#overflow.clear();
    for (const [owner, records] of lost) owner.lost(records, `more than ${maxWaitingBytes} bytes wait to be written`);
  }

  #forget(lines: readonly Line[]): void {
    this.#waiting.splice(0, lines.length);
    for (const { bytes } of lines) this.#waitingBytes -= bytes.length;
  }

  /** Renames the file, in the place of the one that was put aside before. Closed first: Windows renames no open file. */
  async #putAside(): Promise<void> {
    await this.#release();
    await rename(this.#file, `${this.#file}.1`);
  }

  async #release(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    // What a file system says at the end of a file that could not be written.
    await handle?.close().catch(() => undefined);
  }
}

function recordsByOwner(lines: readonly Line[]): Map<LineOwner, number> {
  const found = new Map<LineOwner, number>();
  for (const { owner, records } of lines) found.set(owner, (found.get(owner) ?? 0) + records);
  return found;
}

async function statOrNone(file: string) {
  try {
    return await stat(file);
  } catch (error) {
    if (isSystemError(error, "ENOENT")) return undefined;
    throw error;
  }
}

async function endsWithLine(handle: FileHandle): Promise<boolean> {
  const { size } = await handle.stat();
  if (size === 0) return true;
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  return bytesRead === 1 && buffer[0] === newline[0];
}

function describe(error: unknown): string {
  return error instanceof Error && error.name === "KindError" ? error.message : reasonOf(error);
}
