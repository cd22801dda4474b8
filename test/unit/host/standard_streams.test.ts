// The replacements of the standard streams and of the console: they pass text on, and open no descriptor.
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { expect, it } from "vitest";
import { replaceStandardStreams, routeConsole } from "../../../src/host/standard_streams.js";

it("the replaced stdout and stderr pass their text on, and stdin is empty", async () => {
  const written: string[] = [];
  const target = {} as { stdin: Readable; stdout: Writable; stderr: Writable };
  replaceStandardStreams(target, (text) => written.push(text));
  target.stdout.write("out \u2603");
  target.stderr.write("error");
  expect(written).toEqual(["out \u2603", "error"]);
  target.stdin.resume();
  await once(target.stdin, "end");
});

it("the replaced stderr passes on one line of limited length per write, and keeps a final newline", () => {
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

it("the standard streams are replaced without opening them", () => {
  let opened = 0;
  const target = {};
  for (const name of ["stdin", "stdout", "stderr"]) {
    Object.defineProperty(target, name, { configurable: true, get: () => opened++ });
  }
  replaceStandardStreams(target, () => undefined);
  expect(Object.values(target)).toHaveLength(3);
  expect(opened).toBe(0);
});

it("the console passes on its texts, without its values", () => {
  const written: string[] = [];
  const target = { ...console };
  routeConsole(target, (message) => written.push(message));
  target.warn("Credential renew failed: ", new Error("no answer"), { secretAccessKey: "secret" });
  for (const name of ["debug", "error", "info", "log", "trace"] as const) target[name](name);
  expect(written).toEqual(["Credential renew failed:  no answer", "debug", "error", "info", "log", "trace"]);
});
