/** Replaces process.stdin, stdout, stderr and the console, so that Node never opens Fluent Bit's descriptors. */
import { Readable, Writable } from "node:stream";
import { logText } from "../telemetry/log_text.js";

/**
 * Replaces the standard streams: stdout and stderr pass their text to `write`, and stdin is empty. Node opens a standard stream
 * on first access and makes its descriptor non-blocking, also for Fluent Bit and every other process that shares it.
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

/** Passes console messages of third-party packages to `write`, without their values. */
export function routeConsole(
  target: Pick<Console, (typeof consoleMethods)[number]>,
  write: (message: string) => void,
): void {
  for (const name of consoleMethods) {
    // A value may hold secrets, such as a request with its credentials.
    target[name] = (...parts: unknown[]) =>
      write(parts.map((part) => (part instanceof Error ? part.message : part)).filter((part) => typeof part === "string").join(" "));
  }
}
