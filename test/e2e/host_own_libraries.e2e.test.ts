// An embedded Node beside a host that exports functions of the names of Node's own libraries, and memory functions.
import { execFileSync } from "node:child_process";
import { copyFileSync, linkSync, mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { chunkOf } from "../support/event_chunk.js";
import { type HostProgram, nativeHost, ROOT } from "../support/host_program.js";
import { FLB_ERROR, FLB_OK } from "../support/plugin_host.js";
import { embedded, unsaid } from "../support/process_host.js";
import { jsonOf, useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const IN_ORDER = { status: 0, signal: null };
const libnode = embedded["KINESIS_LIBNODE"] ?? "";
const libraryPath = embedded["LD_LIBRARY_PATH"] ?? "";
/** Those that the plugin also takes with the host's libraries. */
const isNode18 = /libnode\.so\.10[89]$/.test(libnode);

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(path.join(ROOT, "build", "own-libraries-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(libnode === "")("beside the host's c-ares, nghttp2, simdutf and malloc", () => {
  const streams = useStreams();

  // To look a name up, Node calls c-ares; for the hash of a chunk that comes again, simdutf from Node 20 on.
  it("an embedded Node uses its own libraries, and its memory is the host's", async () => {
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

describe.skipIf(libnode === "")("where no file in memory can be had", () => {
  let program: HostProgram;
  beforeAll(async () => {
    const launcher = path.join(folder, "refuse_memory_files");
    execFileSync("c++", ["-std=c++17", path.join(ROOT, "test/native/refuse_memory_files.cc"), "-o", launcher]);
    const host = await nativeHost();
    program = { ...host, command: launcher, args: [host.command, ...host.args] };
  });
  const streams = useStreams(() => Promise.resolve(program));

  /** The same library under a name by which the plugin does not know it for Node 18's. */
  function renamed(name: string): string {
    const file = path.join(mkdtempSync(path.join(folder, "libnode-")), name);
    try {
      linkSync(libnode, file);
    } catch {
      copyFileSync(libnode, file); // Another file system.
    }
    return file;
  }

  it("a libnode that is wanted embedded is refused, with the reason", async () => {
    const host = await streams.host({ ...embedded, KINESIS_LIBNODE: renamed("libnode.so.999") });
    expect((await host.init(streams.options("any"))).code).toBe(FLB_ERROR);
    const said = await host.waitForMessage(/cannot load Node\.js[^]*Tried:.*\n.*libnode\.so\.999.*/);
    expect(said).toMatch(/uses its own libraries and not Fluent Bit's, since .*memfd_create: Operation not permitted/);
    expect(said).toMatch(/KINESIS_RUNTIME=process/);
  });

  it("Node runs in a process of its own unless told otherwise, and the log says why", async () => {
    const library = renamed("libnode.so.115");
    const environment = { ...unsaid, KINESIS_NODE: process.execPath, LD_LIBRARY_PATH: `${path.dirname(library)}:${libraryPath}` };
    const host = await streams.host(isNode18 ? { ...environment, LD_LIBRARY_PATH: path.dirname(library) } : environment);
    const stream = await streams.newStream();
    const instance = await host.open(streams.options(stream));
    expect(await host.flush(instance, chunkOf([{ n: 1 }]))).toBe(FLB_OK);
    expect((await streams.kinesis.readAll(stream)).map(jsonOf)).toEqual([{ n: 1 }]);
    expect(await host.waitForMessage(/in a separate process.*/)).toMatch(/since libnode would use Fluent Bit's libraries: .*memfd_create/);
  });

  // What the host says shows that each test with it would fail for a Node without libraries of its own.
  it.skipIf(!isNode18)("Node 18 is embedded all the same, and the host program catches its call of the host's library", async () => {
    const host = await streams.host(embedded);
    await expect(host.init(streams.options("any"))).rejects.toThrow(/SIGABRT[^]*host: the host's own \w+ was called in place of libnode's/);
  });

  const fluentBit = process.env["FLUENT_BIT"] ?? "";
  it.skipIf(!isNode18 || fluentBit === "")("Node 18 delivers with Fluent Bit's libraries, and the log says why it has them", async () => {
    const kinesis = await streams.heldKinesis();
    const output = { name: "kinesis", properties: streams.options("any", { endpoint: kinesis.endpoint.replace("127.0.0.1", "localhost") }) };
    const pipeline = { inputs: [{ name: "dummy", properties: { samples: "1" } }], outputs: [output] };
    const running = streams.fluentBit(pipeline, { program: program.command, extraArguments: [fluentBit], environment: embedded });
    await kinesis.untilTaken(1);
    expect(running.output).toMatch(/in Fluent Bit's process.*with Fluent Bit's libraries, since .*memfd_create/);
    expect(await running.stop(), running.output).toEqual(IN_ORDER);
  });
});
