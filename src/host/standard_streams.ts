/** Stand-ins for process.stdin, stdout and stderr, and for the console: the descriptors of Fluent Bit are not Node's to open. */
import { Readable, Writable } from "node:stream";
import { logText } from "../telemetry/log_text.js";

/**
 * Node opens a standard stream when somebody first looks at it, and turns its descriptor non-blocking, for Fluent Bit
 * and for all who share it. After this, what is written there becomes text for `write`, and there is nothing to read.
 */
export function replaceStandardStreams(target: object, write: (text: string) => void): void {
  const output = () =>
    new Writable({
      write(chunk: Uint8Array, _encoding, done) {
        const text = Buffer.from(chunk).toString();
        write(text.endsWith("\n") ? `${logText(text.slice(0, -1))}\n` : logText(text));
        done();
      },
    });
  const streams = { stdin: Readable.from([]), stdout: output(), stderr: output() };
  for (const [name, value] of Object.entries(streams)) {
    Object.defineProperty(target, name, { configurable: true, enumerable: true, value });
  }
}

const consoleMethods = ["debug", "error", "info", "log", "trace", "warn"] as const;

/** Packages of others write to the console: their texts go to `write` instead, without the values beside them. */
export function routeConsole(
  target: Pick<Console, (typeof consoleMethods)[number]>,
  write: (message: string) => void,
): void {
  for (const name of consoleMethods) {
    // A value may hold anything, a request with its credentials for one.
    target[name] = (...parts: unknown[]) =>
      write(parts.map((part) => (part instanceof Error ? part.message : part)).filter((part) => typeof part === "string").join(" "));
  }
}
