/** The typed mirror of native/binding.cc, and the codes of Fluent Bit's ABI. */

/** What Fluent Bit asks for; the numbers of native/request.h. */
export const requestKinds = { init: 0, flush: 1, exit: 2, stop: 3 } as const;

/** What a flush answers. Source: Fluent Bit, include/fluent-bit/flb_output.h. */
export const flushAnswers = { error: 0, ok: 1, retry: 2 } as const;

/** What an init answers instead of an instance's number when it failed. */
export const initFailed = -1;

/** Takes a request; it must be answered exactly once. `chunk` is set in a flush, and detached by its answer. */
export type RequestHandler = (
  requestId: number,
  kind: number,
  instance: number,
  chunk: ArrayBuffer | undefined,
  tag: string,
) => void;

/** The functions of the shim. */
export interface Binding {
  /** Starts to take requests. */
  serve(handler: RequestHandler): void;
  /** Takes no more requests, so that Node's loop can end. */
  close(): void;
  /** Answers a request: an instance's number or {@link initFailed}, one of {@link flushAnswers}, or anything. */
  answer(requestId: number, value: number): void;
  /** The value of an option, while the init of that request waits. */
  option(requestId: number, key: string): string | undefined;
  /** The local zone's abbreviation at a time. */
  zoneAbbreviation(epochSeconds: number): string;
  /** Where messages go: the standard error that Fluent Bit was started with. */
  readonly messageDescriptor: number;
  /** Ends Fluent Bit at once. */
  exitProcess(status: number): never;
}
