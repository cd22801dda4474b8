// Tests the same kinesis.so in Debian 11, 12, 13 and unstable, in both runtimes where there is a libnode.
import { describe, expect, it, vi } from "vitest";
import { chunkOf } from "../support/event_chunk.js";
import { buildPortableHost, PLUGIN } from "../support/host_program.js";
import { debianVersion, matrixCells, matrixSkipped, matrixTitle } from "../support/matrix.js";
import { otherRootHost } from "../support/other_root.js";
import { FLB_ERROR, FLB_OK } from "../support/plugin_host.js";
import { deliveryCases, lifeCases } from "../support/platform_cases.js";
import { jsonOf, useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const rows = matrixCells.map((cell) => [cell.suite, debianVersion(cell.tree), cell.runtime, cell] as const);
const inEach = describe.skipIf(matrixSkipped !== undefined).each(rows);

inEach(matrixTitle("kinesis.so in Debian %s (%s), runtime %s"), (_suite, _version, runtime, { tree }) => {
  const streams = useStreams(async () => otherRootHost(tree, PLUGIN, { KINESIS_RUNTIME: runtime }, { program: await buildPortableHost() }));

  deliveryCases(streams);
  lifeCases(streams);

  it("runs on this tree's Node.js, and ends cleanly", async () => {
    const host = await streams.host();
    await host.open(streams.options("any"));
    const place = runtime === "embedded" ? /in Fluent Bit's process, from libnode\.so\.\d+/ : /in a separate process, from \/usr\/bin\/node/;
    const said = await host.waitForMessage(/Node\.js v\d+\.\d+\.\d+ runs .*/);
    expect(said).toMatch(place);
    const { stderr, ...end } = await host.end();
    expect(end, stderr).toEqual({ status: 0, signal: null });
  });

  it("compresses records with Zstandard if this tree's Node.js can, else rejects the option and names the version", async () => {
    const stream = await streams.newStream();
    const host = await streams.host();
    await host.open(streams.options(stream));
    const [, major = 0, minor = 0] = (/Node\.js v(\d+)\.(\d+)\.\d+ runs/u.exec(await host.waitForMessage(/Node\.js v\d+\.\d+\.\d+ runs .*/)) ?? []).map(Number);
    const isKnown = major > 23 || (major === 22 && minor >= 15) || (major === 23 && minor >= 8);
    const { code, instance } = await host.init(streams.options(stream, { compression: "zstd" }));
    expect(code).toBe(isKnown ? FLB_OK : FLB_ERROR);
    if (!isKnown) {
      await host.waitForMessage(new RegExp(`Invalid 'compression' value \\(zstd\\) specified, it needs Node\\.js 22\\.15 .* this is v${major}\\.${minor}\\.`, "u"));
      return;
    }
    expect(await host.flush(instance, chunkOf([{ n: 1 }]))).toBe(FLB_OK);
    // RFC 8878: magic, a single segment of 7 bytes, and a last block of 7 raw bytes.
    expect((await streams.kinesis.readAll(stream)).map(({ data }) => Buffer.from(data).toString("latin1"))).toEqual(['\x28\xb5\x2f\xfd\x20\x07\x39\0\0{"n":1}']);
  });

  it("ends cleanly on SIGTERM, after delivering the chunks in flight", async () => {
    const held = await streams.heldKinesis();
    const host = await streams.host();
    const instance = await host.open({ ...streams.options("any"), endpoint: held.endpoint });
    held.mood = "hold";
    for (const n of [1, 2]) await host.start(instance, chunkOf([{ n }]));
    await held.untilRequested(2);
    host.kill("SIGTERM");
    held.release();
    const { stderr, ...end } = await host.ended();
    expect(end, stderr).toEqual({ status: 0, signal: null });
    expect(held.taken.map((record) => jsonOf(record)["n"]).sort()).toEqual([1, 2]);
  });
});
