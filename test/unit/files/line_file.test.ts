// Tests files of lines: order, whole lines, rotation, files that are renamed or irregular, full disks, sharing.
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ConfigurationError } from "../../../src/configuration_error.js";
import { maxWaitingBytes } from "../../../src/files/line_file.js";
import { LineFiles } from "../../../src/files/line_files.js";

let folder = "";
let file = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "line-file-"));
  file = path.join(folder, "letters.json");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

class Owner {
  writtenRecords = 0;
  readonly lostRecords: (readonly [number, string])[] = [];

  written(records: number): void {
    this.writtenRecords += records;
  }
  lost(records: number, reason: string): void {
    this.lostRecords.push([records, reason]);
  }
}

const open = (maxBytes = 1_000_000, files = new LineFiles()) => files.open("dead_letter_file", file, maxBytes);
const linesOf = (name = file): string[] => readFileSync(name, "utf8").split("\n").slice(0, -1);
const faultOf = (name: string) =>
  new LineFiles().open("dead_letter_file", name, 1000).then(
    () => "none",
    (error: unknown) => {
      expect(error).toBeInstanceOf(ConfigurationError);
      return (error as Error).message;
    },
  );
const asUser = process.getuid?.() === 0 ? it.skip : it;

describe("lines", () => {
  it("are appended to existing lines, in order, and reported to their owners", async () => {
    writeFileSync(file, "before\n");
    const lines = await open();
    const [one, other] = [new Owner(), new Owner()];
    for (let n = 0; n < 1000; n++) lines.append(`line ${n}`, n % 2 === 0 ? 1 : 3, n % 2 === 0 ? one : other);
    await lines.close();
    expect(linesOf()).toEqual(["before", ...Array.from({ length: 1000 }, (_, n) => `line ${n}`)]);
    expect([one.writtenRecords, other.writtenRecords]).toEqual([500, 1500]);
    expect([...one.lostRecords, ...other.lostRecords]).toEqual([]);
  });

  it("are in a file that only its owner may read", async () => {
    await (await open()).close();
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("start on a new line after an incomplete line", async () => {
    writeFileSync(file, "whole\ntor");
    const lines = await open();
    lines.append("one", 1, new Owner());
    lines.append("two", 1, new Owner());
    await lines.close();
    expect(linesOf()).toEqual(["whole", "tor", "one", "two"]);
  });

  it("of two processes never mix", async () => {
    const program = `
      const { openSync, writeSync } = require("node:fs");
      const handle = openSync(${JSON.stringify(file)}, "a");
      for (let n = 0; n < 2000; n++) writeSync(handle, "other " + "y".repeat(500) + "\\n");`;
    const lines = await open(100_000_000);
    const other = import("node:child_process").then(({ execFile }) => {
      return new Promise<void>((resolve, reject) => execFile(process.execPath, ["-e", program], (error) => (error === null ? resolve() : reject(new Error(error.message)))));
    });
    const owner = new Owner();
    let isOver = false as boolean;
    void other.finally(() => (isOver = true)).catch(() => undefined);
    let count = 0;
    while (!isOver) {
      for (let n = 0; n < 50; n++, count++) lines.append("own ".padEnd(1000, "x"), 1, owner);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await other;
    await lines.close();
    const found = linesOf();
    expect(found.filter((line) => line === "other ".padEnd(506, "y"))).toHaveLength(2000);
    expect(found.filter((line) => line === "own ".padEnd(1000, "x"))).toHaveLength(owner.writtenRecords);
    expect(found).toHaveLength(2000 + owner.writtenRecords);
  });

  it("that come faster than the disk writes are lost and counted, and the others are written", async () => {
    const lines = await open(100_000_000);
    const owner = new Owner();
    const text = "x".repeat(1024 * 1024 - 1);
    for (let n = 0; n < 20; n++) lines.append(text, 1, owner);
    await lines.close();
    expect(owner.lostRecords).toEqual([[4, `more than ${maxWaitingBytes} bytes wait to be written`]]);
    expect(owner.writtenRecords).toBe(16);
    expect(linesOf()).toHaveLength(16);
  });

  it("are lost after a line that had no room, even short ones, until the next batch is written", async () => {
    const lines = await open(100_000_000);
    const [one, other] = [new Owner(), new Owner()];
    const fill = () => {
      for (let n = 0; n < 17; n++) lines.append("x".repeat(1024 * 1024 - 1), 1, one);
    };
    fill();
    expect(lines.isFull).toBe(true);
    lines.append("short", 2, other);
    lines.lose(3, other);
    await vi.waitFor(() => expect(lines.isFull).toBe(false));
    lines.append("short", 5, other);
    await lines.close();
    const reason = `more than ${maxWaitingBytes} bytes wait to be written`;
    expect([one.lostRecords, other.lostRecords]).toEqual([[[1, reason]], [[5, reason]]]);
    expect([one.writtenRecords, other.writtenRecords]).toEqual([16, 5]);
    expect(linesOf().at(-1)).toBe("short");
  });

  it("that were not made are reported as lost even if no line is waiting, and the file is not renamed", async () => {
    writeFileSync(file, "before\n");
    const lines = await open();
    const owner = new Owner();
    lines.lose(7, owner);
    await lines.close();
    expect(owner.lostRecords).toEqual([[7, `more than ${maxWaitingBytes} bytes wait to be written`]]);
    expect(linesOf()).toEqual(["before"]);
  });

  it("of any length are accepted when no line is waiting", async () => {
    const lines = await open(100_000);
    const owner = new Owner();
    lines.append("x".repeat(maxWaitingBytes + 1), 1, owner);
    await lines.close();
    expect(owner.writtenRecords).toBe(1);
    expect(statSync(file).size).toBe(maxWaitingBytes + 2);
  });
});

describe("rotation of a file of lines", () => {
  it.each([
    [99, ["one".padEnd(49)], ["two".padEnd(49)]],
    [100, [], ["one".padEnd(49), "two".padEnd(49)]],
    [101, [], ["one".padEnd(49), "two".padEnd(49)]],
  ])("at %i bytes leaves %j in the rotated file and %j in the current one", async (most, aside, current) => {
    const lines = await open(most);
    const owner = new Owner();
    lines.append("one".padEnd(49), 1, owner);
    lines.append("two".padEnd(49), 1, owner);
    await lines.close();
    expect(existsSync(`${file}.1`) ? linesOf(`${file}.1`) : []).toEqual(aside);
    expect(linesOf()).toEqual(current);
    expect(owner.writtenRecords).toBe(2);
  });

  it("replaces the file that was rotated before", async () => {
    const lines = await open(9);
    const owner = new Owner();
    for (const text of ["one", "two", "three", "four", "five"]) lines.append(text, 1, owner);
    await lines.close();
    expect(linesOf(`${file}.1`)).toEqual(["four"]);
    expect(linesOf()).toEqual(["five"]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("comes before the first line when the file is too large at the start", async () => {
    writeFileSync(file, "from before\n");
    const lines = await open(10);
    lines.append("new", 1, new Owner());
    await lines.close();
    expect([linesOf(`${file}.1`), linesOf()]).toEqual([["from before"], ["new"]]);
  });

  it("loses lines when it fails, and the file does not grow", async () => {
    mkdirSync(path.join(`${file}.1`, "full"), { recursive: true });
    const lines = await open(10);
    const owner = new Owner();
    lines.append("one", 1, owner);
    await new Promise((resolve) => setTimeout(resolve, 50));
    lines.append("two two two", 1, owner);
    await lines.close();
    expect(owner.writtenRecords).toBe(1);
    expect(owner.lostRecords).toEqual([[1, expect.stringMatching(/^(EISDIR|ENOTEMPTY|EEXIST|EPERM)$/)]]);
    expect(linesOf()).toEqual(["one"]);
  });
});

describe("a file of lines that changes under its name", () => {
  it("is created again when it was renamed or removed", async () => {
    const lines = await open();
    lines.append("one", 1, new Owner());
    await new Promise((resolve) => setTimeout(resolve, 50));
    renameSync(file, `${file}.rotated`);
    lines.append("two", 1, new Owner());
    await new Promise((resolve) => setTimeout(resolve, 50));
    rmSync(file);
    lines.append("three", 1, new Owner());
    await lines.close();
    expect([linesOf(`${file}.rotated`), linesOf()]).toEqual([["one"], ["three"]]);
  });

  it("loses lines without blocking while it is a FIFO, and gets lines again when it is a file again", async () => {
    const lines = await open();
    const owner = new Owner();
    rmSync(file);
    execFileSync("mkfifo", [file]);
    lines.append("one", 1, owner);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(owner.lostRecords).toEqual([[1, "is a FIFO"]]);
    rmSync(file);
    lines.append("two", 1, owner);
    await lines.close();
    expect(linesOf()).toEqual(["two"]);
  });

  it("loses lines while its folder is missing", async () => {
    const inner = path.join(folder, "inner");
    mkdirSync(inner);
    file = path.join(inner, "letters");
    const lines = await open();
    const owner = new Owner();
    rmSync(inner, { recursive: true });
    lines.append("one", 2, owner);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(owner.lostRecords).toEqual([[2, "ENOENT"]]);
    mkdirSync(inner);
    lines.append("two", 1, owner);
    await lines.close();
    expect(linesOf()).toEqual(["two"]);
  });
});

describe("a full disk", () => {
  /** Simulates a full disk by a limit of file size: the write that reaches the limit is partial, the next one fails. */
  const programWith = (bundle: string): string => `
    import { LineFiles } from ${JSON.stringify(bundle)};
    process.on("SIGXFSZ", () => undefined);
    const lines = await new LineFiles().open("dead_letter_file", process.argv[1], 1e9);
    const told = { written: 0, lost: 0, reasons: [] };
    const owner = { written: (n) => (told.written += n), lost: (n, why) => { told.lost += n; told.reasons.push(why); } };
    for (let n = 0; n < 100; n++) lines.append("line " + n + " " + "x".repeat(90), 1, owner);
    await lines.close();
    console.log(JSON.stringify(told));`;

  it("keeps the whole lines that fit; the others are lost and counted, and the next line starts on a new line", async () => {
    const { build } = await import("esbuild");
    const bundle = path.join(folder, "line_files.mjs");
    await build({ entryPoints: ["src/files/line_files.ts"], outfile: bundle, bundle: true, platform: "node", format: "esm" });
    const command = `ulimit -f 4; exec "${process.execPath}" --input-type=module -e '${programWith(bundle).replaceAll("'", "'\\''")}' "$0"`;
    // In bash, -f counts blocks of 1024 bytes.
    const { stdout, stderr } = spawnSync("bash", ["-c", command, file], { encoding: "utf8" });
    const told = JSON.parse(stdout === "" ? stderr : stdout) as { written: number; lost: number; reasons: string[] };
    expect(told.written + told.lost).toBe(100);
    expect(told.written).toBeGreaterThan(30);
    expect(new Set(told.reasons)).toEqual(new Set(["EFBIG"]));
    const whole = Array.from({ length: told.written }, (_, n) => `line ${n} ${"x".repeat(90)}`);
    expect(linesOf().slice(0, told.written)).toEqual(whole);
    const lines = await open();
    lines.append("after", 1, new Owner());
    await lines.close();
    expect(linesOf().at(-1)).toBe("after");
  });
});

describe("a file that outputs share", () => {
  it("has whole lines of each, by any path to it, and is closed with the last output", async () => {
    const files = new LineFiles();
    const link = path.join(folder, "link");
    symlinkSync(folder, link);
    const one = await files.open("dead_letter_file", file, 1_000_000);
    const other = await files.open("dead_letter_file", path.join(link, ".", "letters.json"), 1_000_000);
    const owner = new Owner();
    for (let n = 0; n < 100; n++) {
      one.append(`one ${n}`, 1, owner);
      other.append(`other ${n}`, 1, owner);
    }
    await one.close();
    other.append("last", 1, owner);
    await other.close();
    await other.close();
    expect(owner.writtenRecords).toBe(201);
    expect(linesOf()).toEqual([...Array.from({ length: 100 }, (_, n) => [`one ${n}`, `other ${n}`]).flat(), "last"]);
  });

  it("is rotated at the smallest of their sizes, until that output closes", async () => {
    const files = new LineFiles();
    const large = await open(1000, files);
    const small = await open(10, files);
    const owner = new Owner();
    large.append("one two", 1, owner);
    large.append("three", 1, owner);
    await small.close();
    large.append("four", 1, owner);
    large.append("five", 1, owner);
    await large.close();
    expect([linesOf(`${file}.1`), linesOf()]).toEqual([["one two"], ["three", "four", "five"]]);
  });
});

describe("opening a file of lines fails with a reason", () => {
  it("when it is a folder, a FIFO or a device", async () => {
    execFileSync("mkfifo", [path.join(folder, "fifo")]);
    const bad = (name: string, what: string) => `Invalid 'dead_letter_file' value (${name}) specified, it ${what}; it must be a regular file`;
    expect(await faultOf(folder)).toBe(bad(folder, "is a folder"));
    expect(await faultOf(path.join(folder, "fifo"))).toBe(bad(path.join(folder, "fifo"), "is a FIFO"));
    expect(await faultOf("/dev/null")).toBe(bad("/dev/null", "is not a regular file"));
  });

  it("when its folder is missing, or a file", async () => {
    const name = path.join(folder, "missing", "letters");
    expect(await faultOf(name)).toBe(`Invalid 'dead_letter_file' value (${name}) specified, the file cannot be opened (ENOENT); its folder must exist`);
    writeFileSync(path.join(folder, "plain"), "");
    expect(await faultOf(path.join(folder, "plain", "letters"))).toContain("(ENOTDIR); its folder must exist");
  });

  it("when its name is too long for the system", async () => {
    expect(await faultOf(path.join(folder, "x".repeat(300)))).toContain("(ENAMETOOLONG)");
  });

  asUser("when the user may not write to it", async () => {
    writeFileSync(file, "");
    chmodSync(file, 0o400);
    expect(await faultOf(file)).toContain("(EACCES); Fluent Bit's user must be allowed");
  });
});
