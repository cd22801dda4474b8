/** Saves the partial deliveries of chunks across restarts, in a file that each write replaces as a whole. */
import { open, rename, unlink } from "node:fs/promises";
import path from "node:path";
import type { AgedDelivery, DeliveryKeeper, DeliverySource } from "../delivery/partial_deliveries.js";
import { RepeatedMessage, type Log } from "../telemetry/log.js";
import type { Lock } from "./lock.js";
import { isSystemError, privateMode, reasonOf } from "./named_file.js";
import { comparisonKey, writeState, type Destination } from "./state_format.js";

/** Settings and external functions of a state file. */
export interface StateFileDependencies {
  readonly destination: Destination;
  /** Returns the SHA-256 of bytes as text. */
  readonly digest: (bytes: Uint8Array) => string;
  /** Returns milliseconds since the epoch. */
  readonly epochNow: () => number;
  /** Returns monotonic milliseconds. */
  readonly now: () => number;
  /** Resolves after this time. */
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly log: Log;
}

/**
 * Pause between two writes; on a slow disk, the duration of the last write if that is longer. Deliveries of this time are lost from the
 * file when the process is killed.
 */
const pauseMs = 100;
/** Pause after a failed write. */
const failurePauseMs = 1000;
/** Maximum time that a flush waits for its state to be written. A write that takes longer means a hanging disk. */
const maxWaitMs = 2000;

/** The state file of one output. */
export class StateFile implements DeliveryKeeper {
  readonly #file: string;
  readonly #lock: Lock;
  readonly #dependencies: StateFileDependencies;
  readonly #unwritten: RepeatedMessage;
  readonly #kept: readonly AgedDelivery[];
  #source: DeliverySource = { all: [], isChanging: false };
  /** {@link comparisonKey} of the deliveries in the file. */
  #inFile: string;
  #changes = 0;
  #writtenChanges = 0;
  #working: Promise<void> | undefined;
  #hasFailed = false;
  #isHurried = false;
  #hurry: () => void = () => undefined;
  #isLost = false;
  #isClosed = false;

  /** @param kept the deliveries that the file holds */
  constructor(file: string, lock: Lock, kept: readonly AgedDelivery[], dependencies: StateFileDependencies) {
    this.#file = file;
    this.#lock = lock;
    this.#dependencies = dependencies;
    this.#kept = kept;
    this.#inFile = comparisonKey(kept);
    this.#unwritten = new RepeatedMessage((message) => dependencies.log.error(message), dependencies.now, "tries");
  }

  attach(source: DeliverySource): readonly AgedDelivery[] {
    this.#source = source;
    return this.#kept;
  }

  changed(): void {
    if (this.#isClosed) return;
    this.#changes++;
    this.#working ??= this.#work();
  }

  async written(): Promise<void> {
    const { now, sleep } = this.#dependencies;
    const [changes, endMs] = [this.#changes, now() + maxWaitMs];
    while (this.#writtenChanges < changes && this.#working !== undefined && now() < endMs) {
      await Promise.race([this.#working, sleep(pauseMs / 4)]);
    }
  }

  /** Writes the state for the last time and releases the lock. Never rejects. */
  async close(): Promise<void> {
    this.#isHurried = true;
    this.#hurry();
    await this.#working;
    this.#changes++;
    await this.#write();
    this.#isClosed = true;
    await this.#lock.release().catch(() => undefined);
  }

  /** Writes, with pauses, until all changes are written. */
  async #work(): Promise<void> {
    const { now, sleep } = this.#dependencies;
    let lastedMs = 0;
    do {
      const hurried = new Promise<void>((resolve) => (this.#hurry = resolve));
      const restMs = Math.max(this.#hasFailed ? failurePauseMs : pauseMs, lastedMs);
      if (!this.#isHurried) await Promise.race([sleep(restMs), hurried]);
      const startMs = now();
      await this.#write();
      lastedMs = now() - startMs;
    } while (!this.#isHurried && (this.#writtenChanges < this.#changes || this.#hasFailed || this.#source.isChanging));
    this.#working = undefined;
  }

  async #write(): Promise<void> {
    const changes = this.#changes;
    try {
      const deliveries = this.#source.all;
      const state = comparisonKey(deliveries);
      if (state !== this.#inFile && (await this.#hasLock())) {
        await (deliveries.length === 0 ? this.#remove() : this.#replace(deliveries));
        this.#inFile = state;
      }
      this.#hasFailed = false;
    } catch (error) {
      this.#hasFailed = true;
      this.#unwritten.report(
        `state_file cannot be written (${reasonOf(error)}): if Fluent Bit ends now, records already delivered may be sent again after its restart`,
      );
    }
    this.#writtenChanges = changes;
  }

  async #hasLock(): Promise<boolean> {
    if (!this.#isLost && (await this.#lock.isHeld())) return true;
    if (!this.#isLost) {
      this.#isLost = true;
      const { log } = this.#dependencies;
      log.error(`${this.#file}.lock is gone or names another process, so this output no longer writes its state_file; give each Fluent Bit its own file`);
    }
    return false;
  }

  async #replace(deliveries: readonly AgedDelivery[]): Promise<void> {
    const { destination, epochNow, digest } = this.#dependencies;
    const fresh = `${this.#file}.tmp`;
    // A killed process may have left one.
    await unlink(fresh).catch((error: unknown) => {
      if (!isSystemError(error, "ENOENT")) throw error;
    });
    const handle = await open(fresh, "wx", privateMode);
    try {
      await handle.writeFile(writeState(destination, deliveries, epochNow(), digest));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(fresh, this.#file);
    await this.#syncFolder();
  }

  async #remove(): Promise<void> {
    await unlink(this.#file).catch((error: unknown) => {
      if (!isSystemError(error, "ENOENT")) throw error;
    });
    await this.#syncFolder();
  }

  /** Syncs the folder, so that the rename survives a power loss. Windows and some file systems do not support this. */
  async #syncFolder(): Promise<void> {
    if (process.platform === "win32") return;
    const folder = await open(path.dirname(this.#file), "r");
    try {
      await folder.sync().catch(() => undefined);
    } finally {
      await folder.close();
    }
  }
}
