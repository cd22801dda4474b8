/** Passes each request of Fluent Bit to its output, and replies to it exactly once. */
import { flushReplies, initFailed, requestKinds, type Binding, type RequestHandler } from "./binding.js";
import { ConfigurationError } from "../configuration_error.js";
import type { Log } from "../telemetry/log.js";
import type { Reply } from "../output/flush.js";
import type { Output } from "../output/output.js";

/** Opens an output from the options that `read` returns. Called during init. @throws ConfigurationError */
export type OutputOpener = (
  number: number,
  read: (key: string) => string | undefined,
  requestId: number,
) => Output | Promise<Output>;

/** Dependencies of the plugin. */
export interface PluginDependencies {
  readonly binding: Binding;
  readonly log: Log;
  /** Returns milliseconds that never decrease. */
  readonly now: () => number;
  /** Called when an output has ended, or could not be opened and the reason is logged. */
  readonly ended: (number: number) => void;
}

/** The outputs of this process, by the numbers that the shim chooses and log messages show. */
export class Plugin {
  readonly #binding: Binding;
  readonly #log: Log;
  readonly #openOutput: OutputOpener;
  readonly #now: () => number;
  readonly #ended: (number: number) => void;
  readonly #outputs = new Map<number, Output>();
  /** The kinds of the requests that wait for a reply, by request id. */
  readonly #waiting = new Map<number, number>();
  /** Receivers of the chunks in transit, by the request id of the flush. */
  readonly #chunkReceivers = new Map<number, (chunk: Uint8Array | undefined) => void>();
  /** When the first output ended since the last init; undefined when none has. */
  #endingSinceMs: number | undefined;

  constructor({ binding, log, now, ended }: PluginDependencies, openOutput: OutputOpener) {
    this.#now = now;
    this.#ended = ended;
    this.#binding = binding;
    this.#log = log;
    this.#openOutput = openOutput;
  }

  /** Handles a request; see RequestHandler. */
  handle(...request: Parameters<RequestHandler>): void {
    const [requestId, kind] = request;
    if (kind === requestKinds.chunk) return this.#chunkReceivers.get(requestId)?.(contentOf(this.#binding.takeChunk(requestId)));
    this.#waiting.set(requestId, kind);
    this.#replyOf(...request).then(
      (reply) => this.#reply(requestId, reply),
      (error: unknown) => {
        this.#log.error(`[kinesis] ${describeBug(error)}`);
        this.#reply(requestId, failureReply(kind));
      },
    );
  }

  /** Replies to all waiting requests after an uncaught error, since their own replies may never come. */
  releaseAll(error: unknown): void {
    this.#log.error(`[kinesis] ${describeBug(error)}`);
    for (const [requestId, kind] of this.#waiting) this.#reply(requestId, failureReply(kind));
  }

  #reply(requestId: number, value: number): void {
    if (!this.#waiting.delete(requestId)) return;
    this.#chunkReceivers.get(requestId)?.(undefined);
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
        await Promise.all([...this.#outputs.keys()].map((number) => this.#exit(number, requestId)));
        return stopped;
    }
  }

  async #init(requestId: number, number: number): Promise<number> {
    this.#endingSinceMs = undefined;
    try {
      const read = (key: string) => this.#binding.option(requestId, key);
      this.#outputs.set(number, await this.#openOutput(number, read, requestId));
      return flushReplies.ok;
    } catch (error) {
      const reason = error instanceof ConfigurationError ? error.message : describeBug(error);
      this.#log.error(`[kinesis] Failed to initialize plugin: [kinesis ${number}] ${reason}`);
      this.#ended(number);
      return initFailed;
    }
  }

  async #flush(requestId: number, instance: number, bytes: number, tag: string, blocks: boolean): Promise<Reply> {
    const output = this.#outputs.get(instance);
    return output === undefined ? "retry" : output.flush({ bytes, open: () => this.#openChunk(requestId) }, tag, blocks);
  }

  /** Returns the content of a flush's chunk once it has arrived; undefined when Fluent Bit no longer waits for the flush. */
  #openChunk(requestId: number): Promise<Uint8Array | undefined> | Uint8Array | undefined {
    if (!this.#waiting.has(requestId)) return undefined;
    const chunk = this.#binding.takeChunk(requestId);
    if (chunk !== undefined) return contentOf(chunk);
    return new Promise((resolve) => {
      this.#chunkReceivers.set(requestId, (content) => {
        this.#chunkReceivers.delete(requestId);
        resolve(content);
      });
    });
  }

  async #exit(number: number, requestId: number): Promise<number> {
    const closing = this.#outputs.get(number);
    this.#outputs.delete(number);
    for (const other of this.#outputs.values()) other.expectEnd();
    // Fluent Bit ends its outputs one after the other; their time limit counts from the first.
    const sinceMs = (this.#endingSinceMs ??= this.#now());
    await closing?.close(sinceMs, () => this.#binding.extend(requestId));
    // The shim frees the number when the exit times out, so another output may have it now.
    if (!this.#outputs.has(number)) this.#ended(number);
    return flushReplies.ok;
  }
}

/** Reply code of a stop, different from all others: the binding is closed after it. */
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
