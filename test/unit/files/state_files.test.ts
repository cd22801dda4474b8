// Tests state files: when they are written, what is read back, broken, foreign and locked files, and full disks.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ConfigurationError } from "../../../src/configuration_error.js";
import type { AgedDelivery } from "../../../src/delivery/partial_deliveries.js";
import { StateFiles, type OpenStateFile } from "../../../src/files/state_files.js";
import type { Destination } from "../../../src/files/state_format.js";
import { EventSet } from "../../../src/pack/event_set.js";
import { JumpingClock } from "../../support/fake_clock.js";
import { RecordedLog } from "../../support/recorded_log.js";

let folder = "";
let file = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "state-file-"));
  file = path.join(folder, "state");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("base64");
const here: Destination = { stream: "logs", region: "us-west-2", endpoint: "" };
let tokens = 0;
const newFiles = (): StateFiles => new StateFiles(() => `token-${tokens++}`);

function delivery(tag: string, bits: readonly number[] = [5], rest = Number.POSITIVE_INFINITY, ageMs = 0): AgedDelivery {
  return { tag, chunkBytes: 1000, digest: digest(Buffer.from(tag)), remaining: new EventSet(Uint8Array.from(bits), rest), ageMs };
}

interface Opened {
  readonly state: OpenStateFile;
  readonly log: RecordedLog;
  readonly kept: readonly AgedDelivery[];
  readonly source: { all: AgedDelivery[]; isChanging: boolean };
}

interface Settings {
  readonly files?: StateFiles;
  readonly name?: string;
  readonly destination?: Destination;
  readonly epochNow?: () => number;
  readonly clock?: Pick<JumpingClock, "now" | "sleep">;
}

const realClock = { now: () => performance.now(), sleep: (milliseconds: number) => sleep(milliseconds) };

async function open({ files = newFiles(), name = file, destination = here, epochNow = Date.now, clock = realClock }: Settings = {}): Promise<Opened> {
  const log = new RecordedLog();
  const state = await files.open("state_file", name, { destination, digest, epochNow, now: () => clock.now(), sleep: (ms) => clock.sleep(ms), log });
  const source = { all: [] as AgedDelivery[], isChanging: false };
  return { state, log, source, kept: state.attach(source) };
}

/** Writes these deliveries to the file and closes it. */
async function leave(deliveries: readonly AgedDelivery[], settings: Settings = {}): Promise<void> {
  const { state, source } = await open(settings);
  source.all = [...deliveries];
  state.changed();
  await state.written();
  await state.close();
}

const faultOf = (settings: Settings = {}) =>
  open(settings).then(
    () => "none",
    (error: unknown) => {
      expect(error).toBeInstanceOf(ConfigurationError);
      return (error as Error).message;
    },
  );
const shown = (deliveries: readonly AgedDelivery[]) =>
  deliveries.map(({ tag, chunkBytes, digest: of, remaining }) => ({ tag, chunkBytes, of, bits: [...remaining.bits], rest: remaining.rest }));
const asUser = process.getuid?.() === 0 ? it.skip : it;

describe("the state of deliveries", () => {
  const all = [delivery("a"), delivery("b \u2028 \"ü\"", [0, 255, 1], 24), delivery("done", []), delivery("all behind", [], 0)];

  it("is read back by the next output, with its order and ages", async () => {
    const start = Date.now();
    await leave(all.map((one, index) => ({ ...one, ageMs: (4 - index) * 60_000 })), { epochNow: () => start });
    const { kept, log, state } = await open({ epochNow: () => start + 1000 });
    expect(shown(kept)).toEqual(shown(all));
    expect(kept.map(({ ageMs }) => ageMs)).toEqual([241_000, 181_000, 121_000, 61_000]);
    expect(log.messages).toEqual([]);
    await state.close();
  });

  it("has age 0 when the clock was set back", async () => {
    const start = Date.now();
    await leave(all, { epochNow: () => start });
    const { kept, state } = await open({ epochNow: () => start - 3_600_000 });
    expect(kept.map(({ ageMs }) => ageMs)).toEqual([0, 0, 0, 0]);
    await state.close();
  });

  it("is in a file that only its user can read, without temporary files, and the lock is removed at the end", async () => {
    const { state, source } = await open();
    expect(readdirSync(folder)).toEqual(["state.lock"]);
    source.all = [delivery("a")];
    state.changed();
    await state.written();
    expect(readdirSync(folder)).toEqual(["state", "state.lock"]);
    expect([statSync(file).mode & 0o777, statSync(`${file}.lock`).mode & 0o777]).toEqual([0o600, 0o600]);
    await state.close();
    expect(readdirSync(folder)).toEqual(["state"]);
  });

  it("has no file when all is delivered: the file is removed, or not even created", async () => {
    const { state, source } = await open();
    state.changed();
    await state.written();
    expect(existsSync(file)).toBe(false);
    source.all = [delivery("a")];
    state.changed();
    await state.written();
    expect(existsSync(file)).toBe(true);
    source.all = [];
    state.changed();
    await state.written();
    expect(existsSync(file)).toBe(false);
    await state.close();
  });

  it("is written shortly after a change, once for many changes, and not again without changes", async () => {
    const { state, source } = await open();
    source.all = [delivery("a")];
    for (let count = 0; count < 100; count++) state.changed();
    expect(existsSync(file)).toBe(false);
    await state.written();
    const { ino } = statSync(file);
    state.changed();
    await state.written();
    expect(statSync(file).ino).toBe(ino);
    await state.close();
    expect(statSync(file).ino).toBe(ino);
  });

  it("is written repeatedly while it changes over time", async () => {
    const { state, source } = await open();
    source.isChanging = true;
    state.changed();
    await state.written();
    source.all = [delivery("a")];
    while (!existsSync(file)) await sleep(10);
    source.isChanging = false;
    await state.close();
  });

  it("is written immediately at the end, without waiting for the pause", async () => {
    const { state, source } = await open();
    source.all = [delivery("a")];
    state.changed();
    await state.close();
    state.changed();
    expect(existsSync(file)).toBe(true);
  });

  it("replaces the temporary file of a killed process", async () => {
    writeFileSync(`${file}.tmp`, "half");
    await leave([delivery("a")]);
    expect(readdirSync(folder)).toEqual(["state"]);
  });
});

describe("a state file with special content", () => {
  const good = async (): Promise<string> => {
    await leave([delivery("a")]);
    return readFileSync(file, "utf8");
  };
  const sealed = (content: unknown): string => {
    const text = JSON.stringify(content);
    return `${JSON.stringify({ version: 1, sha256: digest(Buffer.from(text)) })}\n${text}\n`;
  };
  const chunk = { tag: "a", bytes: 1000, digest: digest(Buffer.from("a")), keptAt: 1, left: "BQ==", leftFrom: null };
  const withChunk = (changes: object): string => sealed({ ...here, chunks: [{ ...chunk, ...changes }] });

  it.each<[string, string | ((text: string) => string), string]>([
    ["is incomplete", (text) => text.slice(0, -20), "it is not a state file, or is incomplete"],
    ["ends before its last newline", (text) => text.slice(0, -1), "it is not a state file, or is incomplete"],
    ["has a third line", (text) => `${text}more\n`, "it is not a state file, or is incomplete"],
    ["is not JSON", "\0\0\0\0", "it is not a state file, or is incomplete"],
    ["is a list", "[]\n[]\n", "it is not a state file, or is incomplete"],
    ["has no version", "{}\n[]\n", "it has version undefined, and this plugin knows version 1"],
    ["has one bit changed", (text) => text.replace('"left":"BQ==', '"left":"BA=='), "its checksum does not match"],
    ["has a later version", (text) => text.replace('"version":1', '"version":2'), "it has version 2, and this plugin knows version 1"],
    ["has no chunks", sealed(here), "it has no list of chunks"],
    ["belongs to another stream", sealed({ ...here, stream: "other", chunks: [chunk] }), 'it belongs to another stream, "other"'],
    ["belongs to another endpoint", sealed({ ...here, endpoint: "http://a", chunks: [] }), 'it belongs to another endpoint, "http://a"'],
    ...[{ tag: 1 }, { bytes: -1 }, { bytes: 1.5 }, { digest: "x" }, { keptAt: "1" }, { left: "!" }, { left: "A" }, { leftFrom: -1 }, { leftFrom: "0" }, { bytes: 24, left: "A".repeat(8) }].map(
      (changes): [string, string, string] => [`has ${JSON.stringify(changes)} in a chunk`, withChunk(changes), "a chunk in it is invalid"],
    ),
    ["has null as a chunk", sealed({ ...here, chunks: [null] }), "a chunk in it is invalid"],
    ["is too large", "x".repeat(32 * 1024 * 1024 + 1), "it has more than 33554432 bytes; is it the right file?"],
  ])("that %s is renamed with a warning, and the output starts without state", async (_, damage, why) => {
    const text = typeof damage === "string" ? damage : damage(await good());
    writeFileSync(file, text);
    const { kept, log, state } = await open();
    expect(kept).toEqual([]);
    expect(log.at("warning")).toEqual([
      `${file} cannot be used, since ${why}; renamed it to ${file}.broken. Records delivered before Fluent Bit last ended may be sent again`,
    ]);
    expect(readFileSync(`${file}.broken`, "utf8") === text).toBe(true);
    await state.close();
  });

  it("may be empty", async () => {
    writeFileSync(file, "");
    const { kept, log, state } = await open();
    expect([kept, log.messages]).toEqual([[], []]);
    await state.close();
  });

  it("is read when it has the format of these tests", async () => {
    writeFileSync(file, withChunk({}));
    const { kept, state } = await open();
    expect(shown(kept)).toEqual(shown([delivery("a")]));
    await state.close();
  });
});

describe("opening a state file fails with a reason", () => {
  it("when it or its lock is a folder, or its folder is missing", async () => {
    expect(await faultOf({ name: folder })).toBe(`Invalid 'state_file' value (${folder}) specified, it is a folder; it must be a regular file`);
    const missing = path.join(folder, "missing", "state");
    expect(await faultOf({ name: missing })).toContain("the file cannot be opened (ENOENT); its folder must exist");
    mkdirSync(`${file}.lock`);
    const lockFault = `Invalid 'state_file' value (${file}) specified, it has ${file}.lock next to it, which is a folder; it must be a regular file`;
    expect(await faultOf()).toBe(lockFault);
  });

  it("without blocking, when it is a FIFO or a device", async () => {
    spawnSync("mkfifo", [file]);
    expect(await faultOf()).toContain("it is a FIFO; it must be a regular file");
    expect(await faultOf({ name: "/dev/null" })).toContain("it is not a regular file");
  });

  asUser("when its folder is not writable", async () => {
    chmodSync(folder, 0o500);
    expect(await faultOf()).toContain("(EACCES)");
  });

  it("and leaves no lock behind, so that the next attempt can succeed", async () => {
    mkdirSync(path.join(`${file}.broken`, "full"), { recursive: true });
    writeFileSync(file, "broken");
    expect(await faultOf()).toContain("Invalid 'state_file' value");
    rmSync(`${file}.broken`, { recursive: true });
    await (await open()).state.close();
  });
});

describe("two outputs with one state file", () => {
  it("in one process are rejected, by any path to the file", async () => {
    const files = newFiles();
    const { state } = await open({ files });
    const link = path.join(folder, "link");
    symlinkSync(folder, link);
    const message = "another output uses it; give each output its own file";
    expect(await faultOf({ files })).toContain(message);
    expect(await faultOf({ files, name: path.join(link, "state") })).toContain(message);
    await state.close();
    await (await open({ files })).state.close();
  });

  it("may follow each other: the second waits for the end of the first, and reads its state", async () => {
    const files = newFiles();
    const { state, source } = await open({ files });
    state.ending();
    const next = open({ files });
    await sleep(50);
    source.all = [delivery("a")];
    await state.close();
    const { kept, state: second } = await next;
    expect(shown(kept)).toEqual(shown([delivery("a")]));
    await second.close();
  });
});

describe("two processes with one state file", () => {
  /** Runs `use` with a sleeping process and the lock that the process would have written. */
  async function withOther<Result>(use: (lock: string, pid: number) => Promise<Result>): Promise<Result> {
    const other = spawn("sleep", ["60"]);
    try {
      const pid = other.pid ?? -1;
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      const startedAt = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
      return await use(JSON.stringify({ pid, startedAt, token: "other" }), pid);
    } finally {
      other.kill("SIGKILL");
    }
  }

  it("are rejected while both run", async () => {
    await withOther(async (lock, pid) => {
      writeFileSync(`${file}.lock`, lock);
      const clock = new JumpingClock();
      expect(await faultOf({ clock })).toBe(
        `Invalid 'state_file' value (${file}) specified, process ${pid} uses it; give each Fluent Bit its own file. If that process is not a Fluent Bit, remove ${file}.lock`,
      );
      expect(readFileSync(`${file}.lock`, "utf8")).toBe(lock);
      expect(clock.slept.reduce((sum, ms) => sum + ms, 0)).toBe(5000);
    });
  });

  it("may follow each other: the second waits up to 5 s for the end of the first", async () => {
    await withOther(async (lock) => {
      writeFileSync(`${file}.lock`, lock);
      const clock = new JumpingClock();
      const ending = { now: clock.now, sleep: (ms: number) => (clock.nowMs > 4000 ? rmSync(`${file}.lock`) : undefined, clock.sleep(ms)) };
      const { state } = await open({ clock: ending });
      await state.close();
      expect(readdirSync(folder)).toEqual([]);
    });
  });

  it.each<[string, (lock: Readonly<Record<string, unknown>>) => object | string]>([
    ["whose number a new process has", (lock) => ({ ...lock, startedAt: "1" })],
    ["of an earlier boot", (lock) => ({ ...lock, boot: "00000000-0000-0000-0000-000000000000" })],
    ["of another container, which cannot be seen", (lock) => ({ ...lock, namespace: "pid:[1]" })],
    ["with this process's number", (lock) => ({ ...lock, pid: process.pid, startedAt: undefined })],
    ["whose lock is incomplete", () => '{"pid":'],
    ["whose lock is empty", () => ""],
    ["with an invalid number", (lock) => ({ ...lock, pid: -1 })],
  ])("take over the lock of a process %s", async (_, change) => {
    await withOther(async (lock) => {
      const changed = change(JSON.parse(lock) as Record<string, unknown>);
      writeFileSync(`${file}.lock`, typeof changed === "string" ? changed : JSON.stringify(changed));
      const { state } = await open();
      expect(JSON.parse(readFileSync(`${file}.lock`, "utf8"))).toMatchObject({ pid: process.pid });
      await state.close();
      expect(readdirSync(folder)).toEqual([]);
    });
  });

  it("take over the lock of a killed process, even of a zombie", async () => {
    const parent = spawn("sh", ["-c", "sleep 60 & echo $!; wait; sleep 60"]);
    try {
      const pid = Number(await new Promise<string>((resolve) => parent.stdout.once("data", (data: Buffer) => resolve(data.toString()))));
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      writeFileSync(`${file}.lock`, JSON.stringify({ pid, startedAt: stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] }));
      parent.kill("SIGSTOP");
      process.kill(pid, "SIGKILL");
      while (existsSync(`/proc/${pid}/stat`) && !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ")) await sleep(5);
      expect(existsSync(`/proc/${pid}/stat`), "it is a zombie").toBe(true);
      await (await open()).state.close();
    } finally {
      parent.kill("SIGKILL");
    }
  });

  it("do not both write when one takes over the lock", async () => {
    const { state, source, log } = await open();
    writeFileSync(`${file}.lock`, "another's");
    source.all = [delivery("a")];
    state.changed();
    await state.written();
    source.all = [delivery("b")];
    state.changed();
    await state.close();
    expect(existsSync(file)).toBe(false);
    expect(log.at("error")).toEqual([
      `${file}.lock is gone or names another process, so this output no longer writes its state_file; give each Fluent Bit its own file`,
    ]);
    expect(readFileSync(`${file}.lock`, "utf8")).toBe("another's");
  });
});

describe("a disk that cannot be written", () => {
  it("is reported once, blocks nothing, and the state is written when the disk accepts it again", async () => {
    const { state, source, log } = await open();
    // Simulated by a folder in the place of the temporary file.
    mkdirSync(path.join(`${file}.tmp`, "full"), { recursive: true });
    source.all = [delivery("a")];
    for (let count = 0; count < 3; count++) {
      state.changed();
      await state.written();
    }
    expect(log.at("error")).toEqual([
      expect.stringMatching(/^state_file cannot be written \((EISDIR|EPERM)\): if Fluent Bit ends now, records already delivered may be sent again after its restart$/u),
    ]);
    rmSync(`${file}.tmp`, { recursive: true });
    while (!existsSync(file)) await sleep(10);
    await state.close();
  });
});
