/** Stand-ins for process.stdin, stdout and stderr: the descriptors of Fluent Bit are not Node's to open. */
import { Readable, Writable } from "node:stream";

/**
 * Node opens a standard stream when somebody first looks at it, and turns its descriptor non-blocking, for Fluent Bit
 * and for whoever shares it. After this, what is written there becomes text for `write`, and there is nothing to read.
 */
export function replaceStandardStreams(target: object, write: (text: string) => void): void {
  const output = () =>
    new Writable({
      write(chunk: Uint8Array, _encoding, done) {
        write(Buffer.from(chunk).toString());
        done();
      },
    });
  const streams = { stdin: Readable.from([]), stdout: output(), stderr: output() };
  for (const [name, value] of Object.entries(streams)) {
    Object.defineProperty(target, name, { configurable: true, enumerable: true, value });
  }
}
