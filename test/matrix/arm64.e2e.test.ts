// kinesis-arm64.so in a Debian 12 for arm64, emulated: what it needs, and that records arrive.
import { gunzipSync } from "node:zlib";
import { describe, expect, it, vi } from "vitest";
import { ARM64_PLUGIN, arm64Host, arm64Skipped, arm64Title } from "../support/arm64.js";
import { deaggregateAll, isAggregate } from "../support/deaggregate.js";
import { newestGlibc, readElf } from "../support/elf_file.js";
import { chunkOf } from "../support/event_chunk.js";
import { FLB_OK } from "../support/plugin_host.js";
import { jsonOf, useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

describe.skipIf(arm64Skipped !== undefined)(arm64Title("kinesis-arm64.so"), () => {
  const streams = useStreams(arm64Host);

  it("is for arm64, and asks for nothing but glibc, 2.34 or older", () => {
    const { machine, needed, versions } = readElf(ARM64_PLUGIN);
    expect(machine).toBe("AArch64");
    expect(needed.filter((name) => !/^(libc\.so\.6|libm\.so\.6|ld-linux-aarch64\.so\.1)$/.test(name))).toEqual([]);
    const [major, minor] = newestGlibc(versions);
    expect(major).toBe(2);
    expect(minor, versions.join(" ")).toBeLessThanOrEqual(34);
  });

  it("sends each record, whole and in order, and ends in order", async () => {
    const stream = await streams.newStream();
    const host = await streams.host();
    const bodies = Array.from({ length: 600 }, (_, n) => ({ n, log: `Zeile ${n} äöü` }));
    expect(await host.flush(await host.open(streams.options(stream)), chunkOf(bodies))).toBe(FLB_OK);
    expect((await streams.kinesis.readAll(stream)).map(jsonOf)).toEqual(bodies);
    expect(host.complaints).toEqual([]);
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

  it("takes flushes of four threads at once", async () => {
    const kinesis = await streams.instantKinesis();
    const host = await streams.host();
    const instance = await host.open({ ...streams.options("any"), endpoint: kinesis.endpoint });
    expect(await host.flushMany(instance, chunkOf([{ a: 1 }, { a: 2 }]), 4, 25)).toEqual({ errors: 0, oks: 100, retries: 0 });
    expect(kinesis.received.length).toBe(200);
  });

  it("lives through being unloaded and loaded again, and ends in order by SIGTERM", async () => {
    const stream = await streams.newStream();
    const host = await streams.host();
    for (const n of [0, 1]) {
      if (n > 0) await host.load();
      const instance = await host.open(streams.options(stream));
      expect(await host.flush(instance, chunkOf([{ n }]))).toBe(FLB_OK);
      if (n > 0) break;
      expect(await host.exit(instance)).toBe(FLB_OK);
      await host.unload();
    }
    host.kill("SIGTERM");
    const { stderr, ...end } = await host.ended();
    expect(end, stderr).toEqual({ status: 0, signal: null });
    expect((await streams.kinesis.readAll(stream)).map(jsonOf)).toEqual([{ n: 0 }, { n: 1 }]);
  });
});
