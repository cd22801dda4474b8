// Tests an embedded Node in a host that exports functions with the names of Node's own libraries, and malloc.
import { execFileSync } from "node:child_process";
import { copyFileSync, linkSync, mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { chunkOf } from "../support/event_chunk.js";
import { type HostProgram, nativeHost, ROOT } from "../support/host_program.js";
import { FLB_ERROR, FLB_OK } from "../support/plugin_host.js";
import { embedded, unsetRuntime } from "../support/process_host.js";
import { jsonOf, useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const IN_ORDER = { status: 0, signal: null };
const libnode = embedded["KINESIS_LIBNODE"] ?? "";
const libraryPath = embedded["LD_LIBRARY_PATH"] ?? "";
/** Versions that the plugin also accepts with the host's libraries. */
const isNode18 = /libnode\.so\.10[89]$/.test(libnode);

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(path.join(ROOT, "build", "own-libraries-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(libnode === "")("with the host's c-ares, nghttp2, simdutf and malloc", () => {
  const streams = useStreams();

  // Node calls c-ares to resolve a name, and, from Node 20 on, simdutf for the hash of a retried chunk.
  it("an embedded Node uses its own libraries, but the host's memory functions", async () => {
    const kinesis = await streams.heldKinesis();
    const host = await streams.host(embedded);
    const endpoint = kinesis.endpoint.replace("127.0.0.1", "localhost");
    const instance = await host.open({ ...streams.options("any"), endpoint, retry_timeout: "0", aggregation: "true" });
    expect(await host.flush(instance, chunkOf([{ n: 1 }]))).toBe(FLB_OK);
    expect(kinesis.taken.length).toBe(1);
    const { stderr, ...end } = await host.end();
    expect(end, stderr).toEqual(IN_ORDER);
  });
});

describe.skipIf(libnode === "")("where memfd_create is unavailable", () => {
  let program: HostProgram;
  beforeAll(async () => {
    const launcher = path.join(folder, "refuse_memory_files");
    execFileSync("c++", ["-std=c++17", path.join(ROOT, "test/native/refuse_memory_files.cc"), "-o", launcher]);
    const host = await nativeHost();
    program = { ...host, command: launcher, args: [host.command, ...host.args] };
  });
  const streams = useStreams(() => Promise.resolve(program));

  /** The same library under a name by which the plugin does not recognize it as Node 18's. */
  function renamed(name: string): string {
    const file = path.join(mkdtempSync(path.join(folder, "libnode-")), name);
    try {
      linkSync(libnode, file);
    } catch {
      copyFileSync(libnode, file); // Another file system.
    }
    return file;
  }

  it("a libnode that must be embedded is rejected, with the reason", async () => {
    const host = await streams.host({ ...embedded, KINESIS_LIBNODE: renamed("libnode.so.999") });
    expect((await host.init(streams.options("any"))).code).toBe(FLB_ERROR);
    const said = await host.waitForMessage(/cannot load Node\.js[^]*Tried:.*\n.*libnode\.so\.999.*/);
    expect(said).toMatch(/uses its own libraries and not Fluent Bit's, since .*memfd_create: Operation not permitted/);
    expect(said).toMatch(/KINESIS_RUNTIME=process/);
  });

  it("Node runs in a separate process by default, and the log has the reason", async () => {
    const library = renamed("libnode.so.115");
    const environment = { ...unsetRuntime, KINESIS_NODE: process.execPath, LD_LIBRARY_PATH: `${path.dirname(library)}:${libraryPath}` };
    const host = await streams.host(isNode18 ? { ...environment, LD_LIBRARY_PATH: path.dirname(library) } : environment);
    const stream = await streams.newStream();
    const instance = await host.open(streams.options(stream));
    expect(await host.flush(instance, chunkOf([{ n: 1 }]))).toBe(FLB_OK);
    expect((await streams.kinesis.readAll(stream)).map(jsonOf)).toEqual([{ n: 1 }]);
    expect(await host.waitForMessage(/in a separate process.*/)).toMatch(/since libnode would use Fluent Bit's libraries: .*memfd_create/);
  });

  // The host's message shows that each test with it would fail for a Node without its own libraries.
  it.skipIf(!isNode18)("Node 18 is embedded anyway, and the host program catches its call of the host's library", async () => {
    const host = await streams.host(embedded);
    await expect(host.init(streams.options("any"))).rejects.toThrow(/SIGABRT[^]*host: the host's own \w+ was called in place of libnode's/);
  });

  const fluentBit = process.env["FLUENT_BIT"] ?? "";
  it.skipIf(!isNode18 || fluentBit === "")("Node 18 delivers with Fluent Bit's libraries, and the log has the reason why", async () => {
    const kinesis = await streams.heldKinesis();
    const output = { name: "kinesis", properties: streams.options("any", { endpoint: kinesis.endpoint.replace("127.0.0.1", "localhost") }) };
    const pipeline = { inputs: [{ name: "dummy", properties: { samples: "1" } }], outputs: [output] };
    const running = streams.fluentBit(pipeline, { program: program.command, extraArguments: [fluentBit], environment: embedded });
    await kinesis.untilTaken(1);
    expect(running.output).toMatch(/in Fluent Bit's process.*with Fluent Bit's libraries, since .*memfd_create/);
    expect(await running.stop(), running.output).toEqual(IN_ORDER);
  });
});
