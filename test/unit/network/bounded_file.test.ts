// Tests reading files that a user names: only regular ones, up to a maximum size, without waiting for a FIFO or reading an endless device.
import { execFileSync } from "node:child_process";
import { mkdtempSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { maxFileBytes, maxTokenBytes, readBoundedFile } from "../../../src/network/bounded_file.js";

let folder: string;

beforeAll(() => (folder = mkdtempSync(path.join(tmpdir(), "bounded-file-"))));
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, content: string | Uint8Array): string {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  return file;
}

const faultOf = (file: string, maxBytes = 100) => readBoundedFile(file, maxBytes).then(
  () => "none",
  (error: unknown) => `${(error as Error).name}: ${(error as Error).message}`,
);

describe("a bounded file", () => {
  it.each([0, 1, 99, 100])("of %i bytes is read with a limit of 100", async (bytes) => {
    const content = Buffer.alloc(bytes, "a");
    expect(await readBoundedFile(write("file", content), 100)).toEqual(content);
  });

  it.each([101, 70_000])("of %i bytes is rejected with a limit of 100", async (bytes) => {
    expect(await faultOf(write("file", Buffer.alloc(bytes)))).toBe("FileFault: has more than 100 bytes; is it the right file?");
  });

  it.each([maxFileBytes, maxTokenBytes])("is read in several parts up to its limit of %i bytes, and rejected above it", async (maxBytes) => {
    const content = Buffer.from(Array.from({ length: maxBytes }, (_, index) => index % 251));
    expect((await readBoundedFile(write("large", content), maxBytes)).equals(content)).toBe(true);
    expect(await faultOf(write("large", Buffer.alloc(maxBytes + 1)), maxBytes)).toContain(`has more than ${maxBytes} bytes`);
  });

  it("with size 0 in its stats, as in /proc, is read up to the limit too", async () => {
    expect((await readBoundedFile("/proc/self/stat", 4096)).toString()).toContain(String(process.pid));
    expect(await faultOf("/proc/self/smaps", 100)).toContain("has more than 100 bytes");
  });

  it("may be a symbolic link, like a projected token of Kubernetes", async () => {
    mkdirSync(path.join(folder, "..2026"), { recursive: true });
    write(path.join("..2026", "token"), "projected");
    symlinkSync("..2026", path.join(folder, "..data"));
    symlinkSync(path.join("..data", "token"), path.join(folder, "token"));
    expect((await readBoundedFile(path.join(folder, "token"), 100)).toString()).toBe("projected");
  });

  it("is empty when it is the null device, by its own path or through a link", async () => {
    symlinkSync("/dev/null", path.join(folder, "nothing"));
    expect(await readBoundedFile("/dev/null", 100)).toHaveLength(0);
    expect(await readBoundedFile(path.join(folder, "nothing"), 100)).toHaveLength(0);
  });
});

describe("a file that is not regular", () => {
  it("is rejected immediately when it is a FIFO without a writer, also through a link", async () => {
    const fifo = path.join(folder, "fifo");
    execFileSync("mkfifo", [fifo]);
    symlinkSync(fifo, path.join(folder, "to-fifo"));
    // More reads than libuv has threads: waiting reads would block all later ones.
    const faults = await Promise.all(Array.from({ length: 8 }, () => faultOf(fifo)));
    expect(new Set(faults)).toEqual(new Set(["FileFault: is a FIFO; it must be a regular file"]));
    expect(await faultOf(path.join(folder, "to-fifo"))).toContain("is a FIFO");
  });

  it.each(["/dev/zero", "/dev/urandom", "/dev/tty"])("is rejected without opening it when it is a device: %s", async (device) => {
    expect(await faultOf(device)).toBe("FileFault: is a device; it must be a regular file");
  });

  it("is rejected when it is a folder or a socket", async () => {
    expect(await faultOf(folder)).toBe("FileFault: is a folder; it must be a regular file");
    const socket = path.join(folder, "socket");
    const server = createServer().listen(socket);
    await new Promise((resolve) => server.once("listening", resolve));
    expect(await faultOf(socket)).toBe("FileFault: is a socket; it must be a regular file");
    server.close();
  });

  it("is rejected with the system's code when it is missing or a loop of links", async () => {
    expect(await faultOf(path.join(folder, "missing"))).toBe("FileFault: cannot be read (ENOENT)");
    expect(await faultOf(path.join(write("plain", ""), "below"))).toBe("FileFault: cannot be read (ENOTDIR)");
    symlinkSync("round", path.join(folder, "round"));
    expect(await faultOf(path.join(folder, "round"))).toBe("FileFault: cannot be read (ELOOP)");
    expect(await faultOf("a\0b")).toBe("FileFault: cannot be read (ERR_INVALID_ARG_VALUE)");
  });
});
