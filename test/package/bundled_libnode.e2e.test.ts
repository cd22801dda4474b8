/** Tests that the archive with a libnode works in a root without Node.js and without libnode's dependencies. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { makeBareRoot } from "../support/bare_root.js";
import { readElf } from "../support/elf_file.js";
import { chunkOf } from "../support/event_chunk.js";
import { ROOT } from "../support/host_program.js";
import { otherRootHost } from "../support/other_root.js";
import { FLB_OK } from "../support/plugin_host.js";
import { jsonOf, useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const bin = path.join(ROOT, "bin");
const archive = existsSync(bin) ? readdirSync(bin).find((name) => /^kinesis-linux-x64-.*-libnode\d+\.tar\.gz$/.test(name)) : undefined;
const reason =
  archive === undefined ? "there is no archive with libnode; run: make test-package" : process.getuid?.() === 0 ? undefined : "only root can change its root";
const title = `the archive with libnode${reason === undefined ? "" : ` (skipped: ${reason})`}`;

describe.skipIf(reason !== undefined)(title, () => {
  const folder = mkdtempSync(path.join(tmpdir(), "bundled-libnode-"));
  const root = path.join(folder, "root");
  const unpacked = path.join(folder, (archive ?? "").replace(/\.tar\.gz$/, ""));
  const streams = useStreams(async () => otherRootHost(root, path.join(unpacked, "kinesis.so"), { KINESIS_RUNTIME: "embedded" }));
  beforeAll(async () => {
    mkdirSync(root);
    await makeBareRoot(root);
    execFileSync("tar", ["-xzf", path.join(bin, archive ?? ""), "-C", folder]);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("sends records on its own libnode, with the modules that Debian has moved out of it", async () => {
    expect(existsSync(path.join(root, "usr/share/nodejs"))).toBe(false);
    const stream = await streams.newStream();
    const host = await streams.host();
    const bodies = Array.from({ length: 50 }, (_, n) => ({ n }));
    expect(await host.flush(await host.open(streams.options(stream)), chunkOf(bodies))).toBe(FLB_OK);
    expect((await streams.kinesis.readAll(stream)).map(jsonOf)).toEqual(bodies);
    await host.waitForMessage(/Node\.js v\d+\.\d+\.\d+ runs in Fluent Bit's process, from \/opt\/kinesis\/lib\/libnode\.so\.\d+/);
    const { stderr, ...end } = await host.end();
    expect(end, stderr).toEqual({ status: 0, signal: null });
  });

  it("has all dependencies of its libraries except those of every system, and finds them in its own folder", () => {
    const libraries = readdirSync(path.join(unpacked, "lib")).filter((name) => name.includes(".so"));
    for (const name of libraries) {
      const { needed, searchPath } = readElf(path.join(unpacked, "lib", name));
      const others = needed.filter((entry) => !/^(ld-linux.*|lib(c|m|dl|rt|pthread|stdc\+\+|gcc_s))\.so\.\d+$/.test(entry));
      expect(others.filter((entry) => !libraries.includes(entry)), name).toEqual([]);
      if (others.length > 0) expect(searchPath, name).toBe("$ORIGIN");
    }
  });

  it("has the licence of each package of its libraries and modules, and lists the package in its bill of materials", () => {
    const packages = [...readFileSync(path.join(unpacked, "lib/README.md"), "utf8").matchAll(/^- (\S+) (\S+)$/gm)];
    expect(packages.length).toBeGreaterThan(5);
    expect(readdirSync(path.join(unpacked, "licenses"))).toEqual(packages.map(([, name]) => name));
    const bill = JSON.parse(readFileSync(path.join(unpacked, "kinesis.cdx.json"), "utf8")) as { components: { name: string; version?: string }[] };
    for (const [, name = "", version = ""] of packages) expect(bill.components).toContainEqual(expect.objectContaining({ name, version }));
  });
});
