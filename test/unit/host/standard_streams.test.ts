/** The stand-ins for the standard streams pass on what is written, and open nothing. */
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { expect, it } from "vitest";
import { replaceStandardStreams, routeConsole } from "../../../src/host/standard_streams.js";

it("passes on what is written to stdout and stderr, and has nothing to read", async () => {
  const written: string[] = [];
  const target = {} as { stdin: Readable; stdout: Writable; stderr: Writable };
  replaceStandardStreams(target, (text) => written.push(text));
  target.stdout.write("out \u2603");
  target.stderr.write("error");
  expect(written).toEqual(["out \u2603", "error"]);
  target.stdin.resume();
  await once(target.stdin, "end");
});

it("passes on one line of bounded length for each write, with a newline where there was one", () => {
  const written: string[] = [];
  const target = {} as { stderr: Writable };
  replaceStandardStreams(target, (text) => written.push(text));
  target.stderr.write("one\n");
  target.stderr.write("two\nthree\u001b[2J\n");
  target.stderr.write("x".repeat(5_000_000));
  expect(written.slice(0, 2)).toEqual(["one\n", "two\\nthree\\u001b[2J\n"]);
  expect(written[2]).toMatch(/^x+ \[cut: 5000000 characters in all\]$/);
  expect(Buffer.byteLength(written[2] ?? "")).toBe(1024);
});

it("takes the place of streams that would be opened when they are first looked at", () => {
  let opened = 0;
  const target = {};
  for (const name of ["stdin", "stdout", "stderr"]) {
    Object.defineProperty(target, name, { configurable: true, get: () => opened++ });
  }
  replaceStandardStreams(target, () => undefined);
  expect(Object.values(target)).toHaveLength(3);
  expect(opened).toBe(0);
});

it("takes the texts of the console, without the values beside them", () => {
  const written: string[] = [];
  const target = { ...console };
  routeConsole(target, (message) => written.push(message));
  target.warn("Credential renew failed: ", new Error("no answer"), { secretAccessKey: "secret" });
  for (const name of ["debug", "error", "info", "log", "trace"] as const) target[name](name);
  expect(written).toEqual(["Credential renew failed:  no answer", "debug", "error", "info", "log", "trace"]);
});
