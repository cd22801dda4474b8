/** Opens state files, each for one output at a time. */
import { rename } from "node:fs/promises";
import { ConfigurationError } from "../configuration_error.js";
import type { AgedDelivery, DeliveryKeeper } from "../delivery/partial_deliveries.js";
import { FileFault, readBoundedFile } from "../network/bounded_file.js";
import { takeLock } from "./lock_file.js";
import { expectRegular, nameKey, truePath, unusableFileError } from "./named_file.js";
import { StateFile, type StateFileDependencies } from "./state_file.js";
import { readState } from "./state_format.js";

/** One output's use of a state file. */
export interface OpenStateFile extends DeliveryKeeper {
  /** Marks the output as ending, so that another output with the same file waits for its end instead of failing. */
  ending(): void;
  /** Writes all changes and frees the file. Never rejects. */
  close(): Promise<void>;
}

/** Maximum size of a state file: several times the size of all remembered partial deliveries in base64. */
const maxStateBytes = 32 * 1024 * 1024;
/** Maximum time that an init waits for an ending output with the same file. */
const maxWaitMs = 5000;

interface Use {
  isEnding: boolean;
  readonly closed: Promise<void>;
}

/** The open state files of a process. */
export class StateFiles {
  readonly #token: () => string;
  readonly #uses = new Map<string, Use>();

  /** @param token returns a different text at each call */
  constructor(token: () => string) {
    this.#token = token;
  }

  /**
   * Opens a file and reads the deliveries that an earlier output left. A file with unusable content is renamed to `.broken`.
   * @param option the option that names the file
   * @throws ConfigurationError when the file cannot be opened, or another output or process uses it
   */
  async open(option: string, file: string, dependencies: StateFileDependencies): Promise<OpenStateFile> {
    try {
      const name = await truePath(file);
      const key = nameKey(name);
      await this.#untilFree(option, file, key, dependencies);
      let closed: () => void = () => undefined;
      const use: Use = { isEnding: false, closed: new Promise((resolve) => (closed = resolve)) };
      this.#uses.set(key, use);
      const leave = () => {
        this.#uses.delete(key);
        closed();
      };
      try {
        return withUse(await openOne(option, name, this.#token(), dependencies), use, leave);
      } catch (error) {
        leave();
        throw error;
      }
    } catch (error) {
      throw unusableFileError(option, file, error);
    }
  }

  async #untilFree(option: string, file: string, key: string, { now, sleep }: StateFileDependencies): Promise<void> {
    const endMs = now() + maxWaitMs;
    for (let use = this.#uses.get(key); use !== undefined; use = this.#uses.get(key)) {
      if (!use.isEnding || now() >= endMs) {
        throw new ConfigurationError(`Invalid '${option}' value (${file}) specified, another output uses it; give each output its own file`);
      }
      await Promise.race([use.closed, sleep(endMs - now())]);
    }
  }
}

function withUse(file: StateFile, use: Use, leave: () => void): OpenStateFile {
  return {
    attach: (source) => file.attach(source),
    changed: () => file.changed(),
    written: () => file.written(),
    ending: () => (use.isEnding = true),
    close: () => file.close().then(leave),
  };
}

async function openOne(option: string, name: string, token: string, dependencies: StateFileDependencies): Promise<StateFile> {
  await expectRegular(name);
  const lock = await takeLock(option, name, token, dependencies);
  try {
    return new StateFile(name, lock, await readKept(option, name, dependencies), dependencies);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function readKept(option: string, name: string, { destination, epochNow, digest, log }: StateFileDependencies): Promise<readonly AgedDelivery[]> {
  let why: string;
  try {
    const state = readState((await readBoundedFile(name, maxStateBytes)).toString("utf8"), destination, epochNow(), digest);
    if (state.kind === "kept") return state.deliveries;
    why = state.why;
  } catch (error) {
    if (!(error instanceof FileFault)) throw error;
    if (error.code === "ENOENT") return [];
    if (error.code !== undefined) throw new ConfigurationError(`Invalid '${option}' value (${name}) specified, the file ${error.message}`);
    why = `it ${error.message}`;
  }
  await rename(name, `${name}.broken`);
  log.warning(`${name} cannot be used, since ${why}; renamed it to ${name}.broken. Records delivered before Fluent Bit last ended may be sent again`);
  return [];
}
