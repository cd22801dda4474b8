/** Takes the requests of Fluent Bit and passes each to its output instance. */
import { flushAnswers, initFailed, requestKinds, type Binding } from "./binding.js";
import { ConfigurationError } from "./configuration_error.js";
import type { Log } from "./log.js";
import type { FlushOutcome, OutputInstance } from "./output_instance.js";

/** Makes an instance of the options that `read` gives, while the init of that request waits. @throws ConfigurationError */
export type InstanceFactory = (
  number: number,
  read: (key: string) => string | undefined,
  requestId: number,
) => OutputInstance | Promise<OutputInstance>;

/** The instances of this process, by the number that their messages show. */
export class Plugin {
  readonly #binding: Binding;
  readonly #log: Log;
  readonly #createInstance: InstanceFactory;
  readonly #instances = new Map<number, OutputInstance>();
  /** The numbers of those that are being made. */
  readonly #opening = new Set<number>();
  readonly #waiting = new Map<number, number>();

  constructor(binding: Binding, log: Log, createInstance: InstanceFactory) {
    this.#binding = binding;
    this.#log = log;
    this.#createInstance = createInstance;
  }

  /** Takes a request; see RequestHandler. */
  handle(requestId: number, kind: number, instance: number, chunk: ArrayBuffer | undefined, tag: string): void {
    this.#waiting.set(requestId, kind);
    this.#answerOf(requestId, kind, instance, chunk, tag).then(
      (answer) => this.#answer(requestId, answer),
      (error: unknown) => {
        this.#log.error(`[kinesis] ${describeBug(error)}`);
        this.#answer(requestId, failureAnswer(kind));
      },
    );
  }

  /** After an error that nobody caught: whoever waits is released, since its answer may never come. */
  releaseAll(error: unknown): void {
    this.#log.error(`[kinesis] ${describeBug(error)}`);
    for (const [requestId, kind] of this.#waiting) this.#answer(requestId, failureAnswer(kind));
  }

  #answer(requestId: number, value: number): void {
    if (!this.#waiting.delete(requestId)) return;
    this.#binding.answer(requestId, value);
    if (value === stopped) this.#binding.close();
  }

  async #answerOf(
    requestId: number,
    kind: number,
    instance: number,
    chunk: ArrayBuffer | undefined,
    tag: string,
  ): Promise<number> {
    switch (kind) {
      case requestKinds.init:
        return this.#init(requestId);
      case requestKinds.flush:
        return flushAnswers[await this.#flush(instance, chunk, tag)];
      case requestKinds.exit:
        return this.#exit(instance);
      default:
        await Promise.all([...this.#instances.keys()].map((number) => this.#exit(number)));
        return stopped;
    }
  }

  async #init(requestId: number): Promise<number> {
    let number = 0;
    while (this.#instances.has(number) || this.#opening.has(number)) number++;
    this.#opening.add(number);
    try {
      const read = (key: string) => this.#binding.option(requestId, key);
      this.#instances.set(number, await this.#createInstance(number, read, requestId));
      return number;
    } catch (error) {
      const reason = error instanceof ConfigurationError ? error.message : describeBug(error);
      this.#log.error(`[kinesis] Failed to initialize plugin: [kinesis ${number}] ${reason}`);
      return initFailed;
    } finally {
      this.#opening.delete(number);
    }
  }

  async #flush(instance: number, chunk: ArrayBuffer | undefined, tag: string): Promise<FlushOutcome> {
    const target = this.#instances.get(instance);
    return target === undefined ? "retry" : target.flush(new Uint8Array(chunk ?? new ArrayBuffer(0)), tag);
  }

  /** A negative number is that of an old Fluent Bit, which does not say whose end has come: the oldest one's. */
  async #exit(instance: number): Promise<number> {
    const number = instance < 0 ? this.#instances.keys().next().value : instance;
    if (number === undefined) return flushAnswers.ok;
    const closing = this.#instances.get(number);
    this.#instances.delete(number);
    await closing?.close();
    return flushAnswers.ok;
  }
}

/** The answer to a stop, unlike all others, so that the binding is closed behind it. */
const stopped = -2;

function failureAnswer(kind: number): number {
  if (kind === requestKinds.flush) return flushAnswers.retry;
  return kind === requestKinds.stop ? stopped : initFailed;
}

function describeBug(error: unknown): string {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `Unexpected error, please report it: ${text}`;
}
