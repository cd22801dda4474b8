/** Keeps what is delivered of chunks in a file, over restarts: written as a whole, beside the old one, which it then replaces. */
import { open, rename, unlink } from "node:fs/promises";
import path from "node:path";
import type { AgedDelivery, DeliveryKeeper, DeliverySource } from "../delivery/partial_deliveries.js";
import { RepeatedMessage, type Log } from "../telemetry/log.js";
import type { Lock } from "./lock.js";
import { isSystemError, privateMode, reasonOf } from "./named_file.js";
import { sameness, writeState, type Destination } from "./state_form.js";

/** What a state file needs of the world outside. */
export interface StateFileDependencies {
  readonly destination: Destination;
  /** Returns the SHA-256 of bytes as text. */
  readonly digest: (bytes: Uint8Array) => string;
  /** Returns milliseconds since the epoch. */
  readonly epochNow: () => number;
  /** Returns milliseconds that never decrease. */
  readonly now: () => number;
  /** Resolves after this time. */
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly log: Log;
}

/** Between two writes, or as long as the last one took on a slow disk: what a killed process may have delivered since. */
const pauseMs = 100;
/** After a write that failed. */
const failurePauseMs = 1000;
/** For which a flush waits for its state: longer, and the disk hangs. */
const maxWaitMs = 2000;

/** The state file of one output. */
export class StateFile implements DeliveryKeeper {
  readonly #file: string;
  readonly #lock: Lock;
  readonly #dependencies: StateFileDependencies;
  readonly #unwritten: RepeatedMessage;
  readonly #kept: readonly AgedDelivery[];
  #source: DeliverySource = { all: [], isChanging: false };
  /** What is in the file. */
  #inFile: string;
  #changes = 0;
  #writtenChanges = 0;
  #working: Promise<void> | undefined;
  #hasFailed = false;
  #isHurried = false;
  #hurry: () => void = () => undefined;
  #isLost = false;
  #isClosed = false;

  /** @param kept what the file holds */
  constructor(file: string, lock: Lock, kept: readonly AgedDelivery[], dependencies: StateFileDependencies) {
    this.#file = file;
    this.#lock = lock;
    this.#dependencies = dependencies;
    this.#kept = kept;
    this.#inFile = sameness(kept);
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

  /** Writes what is to be kept, for the last time, and gives the lock back. Never rejects. */
  async close(): Promise<void> {
    this.#isHurried = true;
    this.#hurry();
    await this.#working;
    this.#changes++;
    await this.#write();
    this.#isClosed = true;
    await this.#lock.release().catch(() => undefined);
  }

  /** Writes as long as something changes, with pauses. */
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
      const state = sameness(deliveries);
      if (state !== this.#inFile && (await this.#hasLock())) {
        await (deliveries.length === 0 ? this.#remove() : this.#replace(deliveries));
        this.#inFile = state;
      }
      this.#hasFailed = false;
    } catch (error) {
      this.#hasFailed = true;
      this.#unwritten.report(
        `state_file cannot be written (${reasonOf(error)}): should Fluent Bit end now, records that were delivered may be sent again when it is back`,
      );
    }
    this.#writtenChanges = changes;
  }

  async #hasLock(): Promise<boolean> {
    if (!this.#isLost && (await this.#lock.isHeld())) return true;
    if (!this.#isLost) {
      this.#isLost = true;
      const { log } = this.#dependencies;
      log.error(`${this.#file}.lock is gone or names another process, so that this output no longer writes its state_file; give each Fluent Bit a file of its own`);
    }
    return false;
  }

  async #replace(deliveries: readonly AgedDelivery[]): Promise<void> {
    const { destination, epochNow, digest } = this.#dependencies;
    const fresh = `${this.#file}.tmp`;
    // What a process that was killed has left.
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

  /** So that the new name outlives a loss of power. Windows and some file systems have no such thing. */
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
