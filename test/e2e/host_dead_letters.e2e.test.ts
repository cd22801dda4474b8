// Tests dead_letter_file in the built plugin: its content, from one output and from two with one file, and invalid paths.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { chunkOf } from "../support/event_chunk.js";
import { FLB_ERROR, FLB_OK } from "../support/plugin_host.js";
import { useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const streams = useStreams();
let folder = "";
let file = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "dead-letters-"));
  file = path.join(folder, "dropped.json");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const lettersOf = (name = file) =>
  readFileSync(name, "utf8").split("\n").slice(0, -1).map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);

it("dead_letter_file has the whole records that two outputs drop, readable only by its user, and all of them at the end", async () => {
  const stream = await streams.newStream();
  const host = await streams.host();
  const options = streams.options(stream, { log_key: "log", dead_letter_file: file });
  const instances = [await host.open(options), await host.open(options)];
  const chunk = chunkOf([{ log: "sent" }, ...Array.from({ length: 500 }, (_, n) => ({ n, other: "x".repeat(100) }))]);
  for (const instance of instances) expect(await host.flush(instance, chunk, "app")).toBe(FLB_OK);
  expect((await host.end()).status).toBe(0);
  const letters = lettersOf();
  expect(letters).toHaveLength(1000);
  for (const letter of letters) expect(letter).toMatchObject({ stream, tag: "app", reason: "no_log_key", form: "msgpack" });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(host.stderr).not.toContain("xxxxx");
});

it("dead_letter_file is rotated at its maximum size", async () => {
  const stream = await streams.newStream();
  const host = await streams.host();
  const instance = await host.open(streams.options(stream, { log_key: "log", dead_letter_file: file, dead_letter_file_size: "64k" }));
  for (let n = 0; n < 3; n++) await host.flush(instance, chunkOf(Array.from({ length: 100 }, () => ({ other: "x".repeat(100) }))));
  expect((await host.end()).status).toBe(0);
  expect(statSync(`${file}.1`).size).toBeLessThanOrEqual(64_000);
  expect(statSync(file).size).toBeLessThanOrEqual(64_000);
  expect([...lettersOf(`${file}.1`), ...lettersOf()]).toHaveLength(300);
});

it("the plugin continues without dead_letter_file when its folder is gone, and reports it once", async () => {
  const stream = await streams.newStream();
  const host = await streams.host();
  const instance = await host.open(streams.options(stream, { log_key: "log", dead_letter_file: file }));
  rmSync(folder, { recursive: true });
  for (let n = 0; n < 3; n++) expect(await host.flush(instance, chunkOf([{ other: n }, { log: `sent ${n}` }]))).toBe(FLB_OK);
  expect((await host.end()).status).toBe(0);
  expect(host.stderr.match(/level=error.*cannot be written to dead_letter_file \(ENOENT\)/gu)).toHaveLength(1);
  expect(await streams.kinesis.readAll(stream)).toHaveLength(3);
  expect(existsSync(file)).toBe(false);
});

it.each(["a folder", "a FIFO", "in a folder that is missing"])("the plugin rejects a dead_letter_file that is %s at the start", async (what) => {
  if (what === "a FIFO") execFileSync("mkfifo", [file]);
  const bad = what === "a folder" ? folder : what === "a FIFO" ? file : path.join(folder, "missing", "file");
  const host = await streams.host();
  const { code } = await host.init(streams.options("any", { dead_letter_file: bad }));
  expect(code).toBe(FLB_ERROR);
  await host.waitForMessage(/level=error.*Invalid 'dead_letter_file' value/u);
  expect((await host.end()).status).toBe(0);
});
