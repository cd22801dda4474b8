/** Finds and reads the files of a configuration: on this machine's disk, or as texts inside another file. */
import { isUtf8 } from "node:buffer";
import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import type { Place } from "./findings.js";
import { glob, namePattern } from "./glob.js";

/** A text of a configuration, with the place of each line; lines count from 1. */
export interface ConfigurationText {
  readonly text: string;
  readonly place: (line: number) => Place;
  /** Whether its bytes were UTF-8; undefined for a text inside another file. */
  readonly isUtf8?: boolean;
}

/** Finds and reads the files of one configuration. */
export interface ConfigurationFiles {
  /** @throws when the file cannot be read */
  read(file: string): ConfigurationText;
  /** Returns the same for all paths and links of one file. @throws when there is no such file */
  identity(file: string): string;
  /** Returns the same for all paths of one file, without disk access. */
  fullPath(file: string): string;
  /** Also true for an inaccessible path: reading it fails with the reason. */
  exists(file: string): boolean;
  isFolder(file: string): boolean;
  /** Returns the files that match a pattern of glob(3). */
  match(pattern: string): string[];
  /** Name of what holds these files, if Fluent Bit may find further files outside of it; else undefined. */
  readonly container: string | undefined;
}

/** The files of this machine. */
export const diskFiles: ConfigurationFiles = {
  read(file) {
    const bytes = readFileSync(file);
    return { text: bytes.toString("utf8"), place: (line) => ({ file, line }), isUtf8: isUtf8(bytes) };
  },
  identity: (file) => String(statSync(file).ino),
  fullPath: (file) => path.resolve(file),
  exists(file) {
    try {
      return statSync(file, { throwIfNoEntry: false }) !== undefined;
    } catch {
      return true;
    }
  },
  isFolder: (file) => statSync(file).isDirectory(),
  match: glob,
  container: undefined,
};

/** The texts of a ConfigMap or of Helm values, which are mounted in one folder of the pod. */
export class MountedFiles implements ConfigurationFiles {
  readonly container: string;
  readonly #texts: ReadonlyMap<string, ConfigurationText>;

  /** @param texts by the names of their files, without folders */
  constructor(container: string, texts: ReadonlyMap<string, ConfigurationText>) {
    this.container = container;
    this.#texts = texts;
  }

  read(file: string): ConfigurationText {
    const found = this.#texts.get(path.posix.basename(file));
    if (found === undefined) throw new Error(`'${file}' is not in ${this.container}`);
    return found;
  }

  identity(file: string): string {
    return path.posix.basename(file);
  }

  fullPath(file: string): string {
    return path.posix.basename(file);
  }

  exists(file: string): boolean {
    return this.#texts.has(path.posix.basename(file));
  }

  isFolder(): boolean {
    return false;
  }

  match(pattern: string): string[] {
    const wanted = namePattern(path.posix.basename(pattern));
    return [...this.#texts.keys()].filter((name) => wanted?.test(name) === true);
  }
}
