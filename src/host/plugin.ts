/** Takes the requests of Fluent Bit and passes each to its output. */
import { flushReplies, initFailed, requestKinds, type Binding, type RequestHandler } from "./binding.js";
import { ConfigurationError } from "../configuration_error.js";
import type { Log } from "../telemetry/log.js";
import type { Reply } from "../output/flush.js";
import type { Output } from "../output/output.js";

/** Opens an output by the options that `read` returns, while the init of that request waits. @throws ConfigurationError */
export type OutputOpener = (
  number: number,
  read: (key: string) => string | undefined,
  requestId: number,
) => Output | Promise<Output>;

/** The world outside, for the plugin. */
export interface PluginDependencies {
  readonly binding: Binding;
  readonly log: Log;
  /** Returns milliseconds that never decrease. */
  readonly now: () => number;
  /** Called when an instance has ended, or could not be made and the reason is logged. */
  readonly ended: (number: number) => void;
}

/** The instances of this process, by their numbers, which the shim chooses and messages show. */
export class Plugin {
  readonly #binding: Binding;
  readonly #log: Log;
  readonly #createInstance: OutputOpener;
  readonly #now: () => number;
  readonly #ended: (number: number) => void;
  readonly #instances = new Map<number, Output>();
  /** The kinds of requests without an answer, by their ids. */
  readonly #waiting = new Map<number, number>();
  /** Take the chunks that are on their way, by the ids of their flushes. */
  readonly #onTheWay = new Map<number, (chunk: Uint8Array | undefined) => void>();
  /** When the first of the outputs that end together did; undefined while none has. */
  #endingSinceMs: number | undefined;

  constructor({ binding, log, now, ended }: PluginDependencies, createInstance: OutputOpener) {
    this.#now = now;
    this.#ended = ended;
    this.#binding = binding;
    this.#log = log;
    this.#createInstance = createInstance;
  }

  /** Takes a request; see RequestHandler. */
  handle(...request: Parameters<RequestHandler>): void {
    const [requestId, kind] = request;
    if (kind === requestKinds.chunk) return this.#onTheWay.get(requestId)?.(contentOf(this.#binding.takeChunk(requestId)));
    this.#waiting.set(requestId, kind);
    this.#replyOf(...request).then(
      (reply) => this.#reply(requestId, reply),
      (error: unknown) => {
        this.#log.error(`[kinesis] ${describeBug(error)}`);
        this.#reply(requestId, failureReply(kind));
      },
    );
  }

  /** Answers all waiting requests after an uncaught error: their own answers may never come. */
  releaseAll(error: unknown): void {
    this.#log.error(`[kinesis] ${describeBug(error)}`);
    for (const [requestId, kind] of this.#waiting) this.#reply(requestId, failureReply(kind));
  }

  #reply(requestId: number, value: number): void {
    if (!this.#waiting.delete(requestId)) return;
    this.#onTheWay.get(requestId)?.(undefined);
    this.#binding.reply(requestId, value);
    if (value === stopped) this.#binding.close();
  }

  async #replyOf(...[requestId, kind, instance, chunkBytes, tag, blocks]: Parameters<RequestHandler>): Promise<number> {
    switch (kind) {
      case requestKinds.init:
        return this.#init(requestId, instance);
      case requestKinds.flush:
        return flushReplies[await this.#flush(requestId, instance, chunkBytes, tag, blocks)];
      case requestKinds.exit:
        return this.#exit(instance, requestId);
      case requestKinds.withdraw:
        this.#reply(instance, flushReplies.retry);
        return flushReplies.ok;
      default:
        await Promise.all([...this.#instances.keys()].map((number) => this.#exit(number, requestId)));
        return stopped;
    }
  }

  async #init(requestId: number, number: number): Promise<number> {
    this.#endingSinceMs = undefined;
    try {
      const read = (key: string) => this.#binding.option(requestId, key);
      this.#instances.set(number, await this.#createInstance(number, read, requestId));
      return flushReplies.ok;
    } catch (error) {
      const reason = error instanceof ConfigurationError ? error.message : describeBug(error);
      this.#log.error(`[kinesis] Failed to initialize plugin: [kinesis ${number}] ${reason}`);
      this.#ended(number);
      return initFailed;
    }
  }

  async #flush(requestId: number, instance: number, bytes: number, tag: string, blocks: boolean): Promise<Reply> {
    const target = this.#instances.get(instance);
    return target === undefined ? "retry" : target.flush({ bytes, open: () => this.#open(requestId) }, tag, blocks);
  }

  /** The content of a flush's chunk, when it is here; undefined when nobody waits for the flush any more. */
  #open(requestId: number): Promise<Uint8Array | undefined> | Uint8Array | undefined {
    if (!this.#waiting.has(requestId)) return undefined;
    const chunk = this.#binding.takeChunk(requestId);
    if (chunk !== undefined) return contentOf(chunk);
    return new Promise((resolve) => {
      this.#onTheWay.set(requestId, (come) => {
        this.#onTheWay.delete(requestId);
        resolve(come);
      });
    });
  }

  async #exit(number: number, requestId: number): Promise<number> {
    const closing = this.#instances.get(number);
    this.#instances.delete(number);
    for (const other of this.#instances.values()) other.expectEnd();
    // Fluent Bit ends its outputs one after the other: their time begins with the first.
    const sinceMs = (this.#endingSinceMs ??= this.#now());
    await closing?.close(sinceMs, () => this.#binding.extend(requestId));
    // An exit that the shim gave up for its time has freed the number: another instance may have it.
    if (!this.#instances.has(number)) this.#ended(number);
    return flushReplies.ok;
  }
}

/** The answer to a stop, unlike all others, so that the binding is closed behind it. */
const stopped = -2;

function contentOf(chunk: ArrayBuffer | null | undefined): Uint8Array | undefined {
  return chunk === null || chunk === undefined ? undefined : new Uint8Array(chunk);
}

function failureReply(kind: number): number {
  if (kind === requestKinds.flush) return flushReplies.retry;
  return kind === requestKinds.stop ? stopped : initFailed;
}

function describeBug(error: unknown): string {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `Unexpected error, please report it: ${text}`;
}
