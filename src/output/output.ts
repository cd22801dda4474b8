/** One output of Fluent Bit's configuration, from its first flush to its end. */
import type { OutputTurns } from "../delivery/turns.js";
import type { Log } from "../telemetry/log.js";
import type { Metrics } from "../telemetry/metrics.js";
import type { Reply, WaitingChunk } from "./flush.js";
import type { SliceDelivery } from "./slice_delivery.js";

/** A file that an output writes to. */
export interface OutputFile {
  /** The output ends. */
  ending?(): void;
  /** Resolves when all is written and the file is closed. Never rejects. */
  close(): Promise<void>;
}

/** What an output is made of. */
export interface OutputParts {
  /** Delivers one chunk. */
  readonly flush: (chunk: WaitingChunk, tag: string) => Promise<Reply>;
  readonly delivery: SliceDelivery;
  readonly turns: OutputTurns;
  /** For how long the end goes on delivering while the service takes records. */
  readonly drainTimeoutMs: number;
  /** Closes the connections to Kinesis. */
  readonly closeClient: () => void;
  readonly files: readonly OutputFile[];
  /** Called when the end is to be expected: the chunks of all flushes from then on, and a moment before, may come again after it. */
  readonly endExpected: () => void;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Returns milliseconds that never decrease. */
  readonly now: () => number;
  /** Resolves after this time. */
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** Between two looks at what is still under way at the end. */
const drainStepMs = 50;
/** For the last lines of the files, where the time of the end is used up. */
const leastClosingMs = 1000;

/** Replies to the flushes of one output. */
export class Output {
  readonly #parts: OutputParts;
  readonly #underWay = new Set<Promise<Reply>>();
  #hasSaidThatItBlocks = false;
  /** The flushes whose chunks Fluent Bit does not bring again; undefined while it does. */
  #last: Set<Promise<Reply>> | undefined;

  constructor(parts: OutputParts) {
    this.#parts = parts;
  }

  /** Takes a chunk. @param blocks whether a thread of Fluent Bit's stands still until the reply */
  async flush(chunk: WaitingChunk, tag: string, blocks: boolean): Promise<Reply> {
    const { log, metrics } = this.#parts;
    if (blocks && !this.#hasSaidThatItBlocks) {
      this.#hasSaidThatItBlocks = true;
      log.debug("Fluent Bit's thread stands still during this flush, since the plugin cannot yield its coroutine; further ones are not reported");
    }
    const flush = this.#parts.flush(chunk, tag);
    this.#underWay.add(flush);
    this.#last?.add(flush);
    try {
      const reply = await flush;
      if (reply === "retry") metrics.add("flush_retries_total", 1);
      return reply;
    } finally {
      this.#underWay.delete(flush);
      metrics.publish();
    }
  }

  /**
   * Goes on with the chunks under way while the service takes records, beyond all limits of a flush: another output of
   * Fluent Bit's has ended, so all do, one after the other, and it brings no chunk again.
   */
  expectEnd(): void {
    this.#parts.delivery.drain();
    this.#parts.endExpected();
    this.#last ??= new Set(this.#underWay);
  }

  /**
   * Goes on with the chunks under way while the service takes records, within drain_timeout; then replies to the others
   * with retry and closes the connections.
   * @param sinceMs when the first of the outputs that end together did
   * @param isAlive is called several times a second
   */
  async close(sinceMs: number, isAlive: () => void): Promise<void> {
    const { delivery, turns, drainTimeoutMs, closeClient, files, log, metrics, now, sleep } = this.#parts;
    this.expectEnd();
    for (const file of files) file.ending?.();
    const replies = Promise.allSettled([...(this.#last ?? this.#underWay)]);
    while (this.#underWay.size > 0 && now() - sinceMs < drainTimeoutMs && !delivery.isHanging) {
      isAlive();
      await Promise.race([replies, sleep(drainStepMs)]);
    }
    turns.end();
    delivery.end();
    closeClient();
    // Fluent Bit brings no chunk again from now on, so a retry is a loss.
    const undelivered = (await replies).filter((flush) => flush.status === "rejected" || flush.value === "retry").length;
    if (undelivered > 0) {
      log.error(`${undelivered} chunks could not be delivered before the end; their records are lost unless Fluent Bit keeps chunks on disk (storage.type filesystem)`);
    }
    await this.#closeFiles(Math.max(sinceMs + drainTimeoutMs, now() + leastClosingMs), isAlive);
    metrics.publish();
  }

  /** Closes the files, for as long as a disk that hangs may hold up the end. */
  async #closeFiles(endMs: number, isAlive: () => void): Promise<void> {
    const { files, log, now, sleep } = this.#parts;
    if (files.length === 0) return;
    let isClosed = false as boolean;
    const closing = Promise.all(files.map((file) => file.close())).then(() => (isClosed = true));
    while (!isClosed && now() < endMs) {
      isAlive();
      await Promise.race([closing, sleep(drainStepMs)]);
    }
    if (!isClosed) log.error("The disk is too slow: what was to be written to the output's files at its end may be missing there");
  }
}
