/** Opens each file of lines once per process; outputs that name the same file share it. */
import { LineFile } from "./line_file.js";
import { nameKey, truePath, unusableFileError } from "./named_file.js";

interface SharedFile {
  readonly file: LineFile;
  /** The size limit of each user. */
  readonly sizes: number[];
}

/** One output's use of a file of lines. */
export interface OpenLineFile extends Pick<LineFile, "append" | "isFull" | "lose"> {
  /** Waits until all lines are written, and closes the file if no other output uses it. */
  close(): Promise<void>;
}

/** The open files of lines of a process. */
export class LineFiles {
  readonly #shared = new Map<string, SharedFile>();
  /** Opens and closes run one at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  /**
   * Opens a file for one user.
   * @param option the option that names the file
   * @param maxBytes size limit at which the file is rotated; the smallest limit of all users counts
   * @throws ConfigurationError when the file cannot be opened, or is not a regular file
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
        throw unusableFileError(option, file, error);
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

  /** Waits for the writes before it takes its turn: an init must not wait for a hanging disk. */
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
