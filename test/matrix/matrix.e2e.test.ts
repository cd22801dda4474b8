// One and the same kinesis.so in Debian 12, 13 and unstable, on the Node.js that each brings, in both runtimes.
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { deaggregateAll, isAggregate } from "../support/deaggregate.js";
import { chunkOf } from "../support/event_chunk.js";
import { HeldKinesis } from "../support/held_kinesis.js";
import { PLUGIN } from "../support/host_program.js";
import { debianVersion, matrixCells, matrixSkipped, matrixTitle } from "../support/matrix.js";
import { otherRootHost } from "../support/other_root.js";
import { FLB_OK, FLB_RETRY } from "../support/plugin_host.js";
import { jsonOf, textOf, useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const rows = matrixCells.map((cell) => [cell.suite, debianVersion(cell.tree), cell.runtime, cell] as const);
const inEach = describe.skipIf(matrixSkipped !== undefined).each(rows);

inEach(matrixTitle("kinesis.so in Debian %s (%s), runtime %s"), (_suite, _version, runtime, { tree }) => {
  const streams = useStreams(async () => otherRootHost(tree, PLUGIN, { KINESIS_RUNTIME: runtime }));
  let held: HeldKinesis;
  beforeEach(async () => {
    held = await HeldKinesis.start();
  });
  afterEach(async () => held.destroy());
  const heldOptions = (others = {}): Record<string, string> => ({ ...streams.options("any"), endpoint: held.endpoint, ...others });

  it("sends each record, whole and in order, on this tree's Node.js", async () => {
    const stream = await streams.newStream();
    const host = await streams.host();
    const bodies = Array.from({ length: 600 }, (_, n) => ({ n, log: `Zeile ${n} äöü` }));
    expect(await host.flush(await host.open(streams.options(stream)), chunkOf(bodies))).toBe(FLB_OK);
    expect((await streams.kinesis.readAll(stream)).map(jsonOf)).toEqual(bodies);
    expect(host.complaints).toEqual([]);
    const place = runtime === "embedded" ? /in Fluent Bit's process, from libnode\.so\.\d+/ : /in a process of its own, from \/usr\/bin\/node/;
    const said = await host.waitForMessage(/Node\.js v\d+\.\d+\.\d+ runs .*/);
    expect(said).toMatch(place);
    const { stderr, ...end } = await host.end();
    expect(end, stderr).toEqual({ status: 0, signal: null });
  });

  it("sends aggregates that AWS's own package takes apart", async () => {
    const bodies = Array.from({ length: 50 }, (_, n) => ({ n }));
    const received = await streams.sendOnce(chunkOf(bodies), { aggregation: "true" });
    expect(received.map(isAggregate)).toEqual([true]);
    expect(deaggregateAll(received).map(jsonOf)).toEqual(bodies);
  });

  it("compresses each record by gzip", async () => {
    const body = { log: "again ".repeat(2000) };
    const received = await streams.sendOnce(chunkOf([body]), { compression: "gzip" });
    expect(received.map(({ data }) => JSON.parse(gunzipSync(data).toString("utf8")) as unknown)).toEqual([body]);
  });

  it("asks for a retry while the service throttles, and sends the chunk once it does not", async () => {
    const host = await streams.host();
    const instance = await host.open(heldOptions({ retry_timeout: "0" }));
    held.mood = "throttle";
    expect(await host.flush(instance, chunkOf([{ n: 1 }]))).toBe(FLB_RETRY);
    held.mood = "take";
    expect(await host.flush(instance, chunkOf([{ n: 1 }]))).toBe(FLB_OK);
    expect(held.taken.map(jsonOf)).toEqual([{ n: 1 }]);
  });

  it("keeps two instances apart", async () => {
    const [first, second] = [await streams.newStream(), await streams.newStream()];
    const host = await streams.host();
    const one = await host.open(streams.options(first));
    const two = await host.open(streams.options(second, { log_key: "log" }));
    expect(await host.flush(two, chunkOf([{ log: "to 2" }]))).toBe(FLB_OK);
    expect(await host.flush(one, chunkOf([{ log: "to 1" }]))).toBe(FLB_OK);
    expect((await streams.kinesis.readAll(first)).map(jsonOf)).toEqual([{ log: "to 1" }]);
    expect((await streams.kinesis.readAll(second)).map(textOf)).toEqual(["to 2"]);
  });

  it("lives through being unloaded and loaded again, as a hot reload does", async () => {
    const host = await streams.host();
    for (const n of [0, 1]) {
      if (n > 0) await host.load();
      const instance = await host.open(heldOptions());
      expect(await host.flush(instance, chunkOf([{ n }]))).toBe(FLB_OK);
      expect(await host.exit(instance)).toBe(FLB_OK);
      await host.unload();
    }
    expect((await host.end()).status).toBe(0);
    expect(held.taken.map(jsonOf)).toEqual([{ n: 0 }, { n: 1 }]);
  });

  it("ends in order by SIGTERM, with what experimental_concurrency has under way", async () => {
    const host = await streams.host();
    const instance = await host.open(heldOptions({ experimental_concurrency: "2" }));
    held.mood = "hold";
    for (const n of [1, 2]) expect(await host.flush(instance, chunkOf([{ n }]))).toBe(FLB_OK);
    await held.untilAsked(2);
    host.kill("SIGTERM");
    held.release();
    const { stderr, ...end } = await host.ended();
    expect(end, stderr).toEqual({ status: 0, signal: null });
    expect(held.taken.map((record) => jsonOf(record)["n"]).sort()).toEqual([1, 2]);
  });
});
