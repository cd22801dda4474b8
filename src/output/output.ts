/** An output of Fluent Bit's configuration, from its first flush to its exit. */
import type { OutputTurns } from "../delivery/turns.js";
import type { Log } from "../telemetry/log.js";
import type { Metrics } from "../telemetry/metrics.js";
import type { Reply, WaitingChunk } from "./flush.js";
import type { SliceDelivery } from "./slice_delivery.js";

/** A file that an output writes to. */
export interface OutputFile {
  /** Called when the output begins to close. */
  ending?(): void;
  /** Resolves when all lines are written and the file is closed. Never rejects. */
  close(): Promise<void>;
}

/** The parts of an output. */
export interface OutputParts {
  /** Delivers one chunk. */
  readonly flush: (chunk: WaitingChunk, tag: string) => Promise<Reply>;
  readonly delivery: SliceDelivery;
  readonly turns: OutputTurns;
  /** Maximum time that close() goes on delivering while Kinesis accepts records. */
  readonly drainTimeoutMs: number;
  /** Closes the connections to Kinesis. */
  readonly closeClient: () => void;
  readonly files: readonly OutputFile[];
  /** Called when the exit is near: Fluent Bit may bring chunks of flushes from then on, and shortly before, again after a restart. */
  readonly endExpected: () => void;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Returns milliseconds that never decrease. */
  readonly now: () => number;
  /** Resolves after this time. */
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** Interval between two checks of the unfinished flushes or files while the output closes. */
const drainStepMs = 50;
/** Minimum time for the last lines of the files, even when drain_timeout is used up. */
const minFileClosingMs = 1000;

/** Replies to flushes, and closes the output. */
export class Output {
  readonly #parts: OutputParts;
  readonly #underWay = new Set<Promise<Reply>>();
  #hasReportedBlocking = false;
  /** The flushes under way at the exit, and later ones, which Fluent Bit does not retry; undefined before the exit. */
  #lastFlushes: Set<Promise<Reply>> | undefined;

  constructor(parts: OutputParts) {
    this.#parts = parts;
  }

  /** Delivers a chunk. @param blocks whether a thread of Fluent Bit is blocked until the reply */
  async flush(chunk: WaitingChunk, tag: string, blocks: boolean): Promise<Reply> {
    const { log, metrics } = this.#parts;
    if (blocks && !this.#hasReportedBlocking) {
      this.#hasReportedBlocking = true;
      log.debug("This flush blocks Fluent Bit's thread, because the plugin cannot yield its coroutine; later blocking flushes are not reported");
    }
    const flush = this.#parts.flush(chunk, tag);
    this.#underWay.add(flush);
    this.#lastFlushes?.add(flush);
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
   * From now on retries beyond all limits of a flush while Kinesis accepts records. Called when another output of Fluent Bit
   * exits: Fluent Bit ends its outputs one after the other, and retries no chunk any more.
   */
  expectEnd(): void {
    this.#parts.delivery.drain();
    this.#parts.endExpected();
    this.#lastFlushes ??= new Set(this.#underWay);
  }

  /**
   * Delivers the chunks under way for at most drain_timeout while Kinesis accepts records. Then replies retry to the rest,
   * and closes the connections and files.
   * @param sinceMs when Fluent Bit ended the first of its outputs
   * @param isAlive called several times per second
   */
  async close(sinceMs: number, isAlive: () => void): Promise<void> {
    const { delivery, turns, drainTimeoutMs, closeClient, files, log, metrics, now, sleep } = this.#parts;
    this.expectEnd();
    for (const file of files) file.ending?.();
    const replies = Promise.allSettled([...(this.#lastFlushes ?? this.#underWay)]);
    while (this.#underWay.size > 0 && now() - sinceMs < drainTimeoutMs && !delivery.isHanging) {
      isAlive();
      await Promise.race([replies, sleep(drainStepMs)]);
    }
    turns.end();
    delivery.end();
    closeClient();
    // Fluent Bit retries no chunk from now on, so a retry is a loss.
    const undelivered = (await replies).filter((flush) => flush.status === "rejected" || flush.value === "retry").length;
    if (undelivered > 0) {
      log.error(`${undelivered} chunks could not be delivered before the end; their records are lost unless Fluent Bit keeps chunks on disk (storage.type filesystem)`);
    }
    await this.#closeFiles(Math.max(sinceMs + drainTimeoutMs, now() + minFileClosingMs), isAlive);
    metrics.publish();
  }

  /** Closes the files, and gives up at `endMs`: a hanging disk must not block the exit. */
  async #closeFiles(endMs: number, isAlive: () => void): Promise<void> {
    const { files, log, now, sleep } = this.#parts;
    if (files.length === 0) return;
    let isClosed = false as boolean;
    const closing = Promise.all(files.map((file) => file.close())).then(() => (isClosed = true));
    while (!isClosed && now() < endMs) {
      isAlive();
      await Promise.race([closing, sleep(drainStepMs)]);
    }
    if (!isClosed) log.error("The disk is too slow: the output's files may lack their last lines");
  }
}
