// Tests a standard error that is not read: flushes get their replies as usual, messages are lost and counted.
import { spawnSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { chunkOf } from "../support/event_chunk.js";
import { FLB_OK, PluginHost } from "../support/plugin_host.js";
import { embedded, hostBehind, inProcess } from "../support/process_host.js";
import { jsonOf, useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const streams = useStreams();
const folder = mkdtempSync(path.join(tmpdir(), "full-pipe-"));
const pipe = path.join(folder, "pipe");
const pipeBytes = 64 * 1024;
let reader: number;

beforeEach(() => {
  rmSync(pipe, { force: true });
  expect(spawnSync("mkfifo", [pipe]).status).toBe(0);
  reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
});
afterEach(() => closeSync(reader));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Reads everything from the pipe. */
function drain(): string {
  const parts: Buffer[] = [];
  for (;;) {
    const part = Buffer.alloc(pipeBytes);
    let bytes = 0;
    try {
      bytes = readSync(reader, part);
    } catch {
      // Empty.
    }
    if (bytes === 0) return Buffer.concat(parts).toString();
    parts.push(part.subarray(0, bytes));
  }
}

describe.each([
  { runtime: "embedded", place: embedded },
  { runtime: "in a separate process", place: inProcess },
])("$runtime", ({ place }) => {
  it("flushes continue while standard error is a full pipe, and the lost messages are counted when it is read again", async () => {
    const stream = await streams.newStream();
    const host = await PluginHost.withPlugin({ ...place, FLB_LOG_LEVEL: "debug" }, undefined, await hostBehind(`2>${pipe}`));
    try {
      const instance = await host.open(streams.options(stream));
      // Each flush leaves its tag in a message.
      const tag = "t".repeat(900);
      const count = Math.ceil((2 * pipeBytes) / tag.length);
      for (let n = 0; n < count; n++) expect(await host.flush(instance, chunkOf([{ n }]), tag)).toBe(FLB_OK);
      const before = drain();
      const whole = before.match(new RegExp(`^time=.* level=debug msg=".*${tag}"$`, "gm"))?.length ?? 0;
      expect(whole).toBeGreaterThan(10);
      expect(whole).toBeLessThan(count);
      expect(await host.flush(instance, chunkOf([{ n: "last" }]), "read.again")).toBe(FLB_OK);
      const after = drain();
      expect(after).toMatch(/^\[kinesis\] messages lost here, since standard error was not read in time: \d+\n/);
      expect(after).toMatch(/read\.again/);
      // A short message may have fitted where a long one did not.
      const lines = `${before}${after}`.split("\n").slice(0, -1);
      const counts = lines.map((line) => /^\[kinesis\] messages lost here, since standard error was not read in time: (\d+)$/.exec(line)?.[1]);
      expect(lines.filter((line, index) => counts[index] === undefined && !/^time=".*" level=\w+ msg=".*"$/.test(line))).toEqual([]);
      expect(counts.reduce((sum, lost) => sum + Number(lost ?? 0), 0)).toBeGreaterThanOrEqual(count - whole);
      expect(await streams.kinesis.readAll(stream)).toHaveLength(count + 1);
      expect(jsonOf((await streams.kinesis.readAll(stream)).at(-1) ?? expect.unreachable())).toEqual({ n: "last" });
      expect((await host.end()).status).toBe(0);
    } finally {
      await host.destroy();
    }
  });
});
