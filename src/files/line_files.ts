/** The files of lines of a process: outputs that name the same file share it. */
import { LineFile } from "./line_file.js";
import { nameKey, truePath, unusable } from "./named_file.js";

interface SharedFile {
  readonly file: LineFile;
  /** The sizes that its users allow. */
  readonly sizes: number[];
}

/** A file of lines, as one output uses it. */
export interface OpenLineFile extends Pick<LineFile, "append" | "isFull" | "lose"> {
  /** Resolves when all lines are written, and the file is closed where nobody else uses it. */
  close(): Promise<void>;
}

/** Opens each file once. */
export class LineFiles {
  readonly #shared = new Map<string, SharedFile>();
  /** One is opened or closed at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  /**
   * Opens a file for one user.
   * @param option that names it
   * @param maxBytes from which size on it is put aside; of several users, the least counts
   * @throws ConfigurationError when it cannot be opened, or is not a regular file
   */
  open(option: string, file: string, maxBytes: number): Promise<OpenLineFile> {
    return this.#inTurn(async () => {
      try {
        const name = await truePath(file);
        const key = nameKey(name);
        const shared = this.#shared.get(key) ?? (await openShared(name));
        this.#shared.set(key, shared);
        shared.sizes.push(maxBytes);
        return this.#use(key, shared, maxBytes);
      } catch (error) {
        throw unusable(option, file, error);
      }
    });
  }

  #use(key: string, shared: SharedFile, maxBytes: number): OpenLineFile {
    let closing: Promise<void> | undefined;
    const { file } = shared;
    return {
      get isFull() {
        return file.isFull;
      },
      append: (text, records, owner) => file.append(text, records, owner),
      lose: (records, owner) => file.lose(records, owner),
      close: () => (closing ??= this.#leave(key, shared, maxBytes)),
    };
  }

  /** Waits outside of its turn: an init must not wait for a disk that hangs. */
  async #leave(key: string, shared: SharedFile, maxBytes: number): Promise<void> {
    await shared.file.idle();
    await this.#inTurn(async () => {
      shared.sizes.splice(shared.sizes.indexOf(maxBytes), 1);
      if (shared.sizes.length > 0) return;
      this.#shared.delete(key);
      await shared.file.close();
    });
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

async function openShared(name: string): Promise<SharedFile> {
  const sizes: number[] = [];
  return { file: await LineFile.open(name, () => Math.min(...sizes)), sizes };
}
