// Writes numbered lines at a steady rate into files, and deletes each file once all its lines have arrived.
import { appendFileSync, rmSync } from "node:fs";
import path from "node:path";

export interface LineSettings {
  readonly folder: string;
  readonly bytesPerSecond: number;
  readonly lineBytes: number;
  /** Returns whether all lines from `first` up to `end` have arrived. */
  readonly hasAll: (first: number, end: number) => boolean;
}

interface LineFile {
  readonly name: string;
  readonly first: number;
  end: number;
}

const stepMs = 50;
const linesPerFile = 60_000;
/** Maximum number of files (of about 30 MB) with lines that have not arrived: writing pauses at it. */
const maxFiles = 12;

export class LineFiles {
  /** Number of lines written so far, and number of the next line. */
  written = 0;
  readonly #settings: LineSettings;
  readonly #files: LineFile[] = [];
  readonly #timer: NodeJS.Timeout;
  readonly #padding: string;
  #last = performance.now();
  #counter = 0;

  constructor(settings: LineSettings) {
    this.#settings = settings;
    this.#padding = "x".repeat(settings.lineBytes - 11);
    this.#timer = setInterval(() => this.#step(), stepMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #step(): void {
    const now = performance.now();
    // Does not catch up on lines missed in a pause or under load.
    const elapsedMs = Math.min(now - this.#last, 4 * stepMs);
    this.#last = now;
    this.#removeArrived();
    const count = Math.round((elapsedMs / 1000) * (this.#settings.bytesPerSecond / this.#settings.lineBytes));
    const file = this.#current();
    if (file === undefined || count === 0) return;
    let text = "";
    for (let n = 0; n < count; n++) text += `${String(file.end + n).padEnd(9)} ${this.#padding}\n`;
    appendFileSync(file.name, text);
    file.end += count;
    this.written = file.end;
  }

  #current(): LineFile | undefined {
    const last = this.#files.at(-1);
    if (last !== undefined && last.end - last.first < linesPerFile) return last;
    if (this.#files.length === maxFiles) return undefined;
    const name = path.join(this.#settings.folder, `soak-${this.#counter++}.log`);
    const file = { name, first: this.written, end: this.written };
    this.#files.push(file);
    return file;
  }

  #removeArrived(): void {
    for (let first = this.#files[0]; first !== undefined && this.#files.length > 1; first = this.#files[0]) {
      if (!this.#settings.hasAll(first.first, first.end)) return;
      rmSync(first.name);
      this.#files.shift();
    }
  }
}
