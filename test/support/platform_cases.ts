// Defines the test cases that the plugin must pass on every system, with any kind of host program.
import { gunzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { deaggregateAll, isAggregate } from "./deaggregate.js";
import { chunkOf } from "./event_chunk.js";
import { FLB_OK, FLB_RETRY } from "./plugin_host.js";
import { jsonOf, type StreamFixture, textOf } from "./stream_fixture.js";

/** Tests that records arrive in each form. */
export function deliveryCases(streams: StreamFixture): void {
  it("sends each record, whole and in order", async () => {
    const stream = await streams.newStream();
    const host = await streams.host();
    const bodies = Array.from({ length: 600 }, (_, n) => ({ n, log: `Zeile ${n} äöü` }));
    expect(await host.flush(await host.open(streams.options(stream)), chunkOf(bodies))).toBe(FLB_OK);
    expect((await streams.kinesis.readAll(stream)).map(jsonOf)).toEqual(bodies);
    expect(host.problems).toEqual([]);
  });

  it("sends aggregates that AWS's own package can deaggregate", async () => {
    const bodies = Array.from({ length: 50 }, (_, n) => ({ n }));
    const received = await streams.sendOnce(chunkOf(bodies), { aggregation: "true" });
    expect(received.map(isAggregate)).toEqual([true]);
    expect(deaggregateAll(received).map(jsonOf)).toEqual(bodies);
  });

  it("compresses each record with gzip", async () => {
    const body = { log: "again ".repeat(2000) };
    const received = await streams.sendOnce(chunkOf([body]), { compression: "gzip" });
    expect(received.map(({ data }) => JSON.parse(gunzipSync(data).toString("utf8")) as unknown)).toEqual([body]);
  });
}

/** Tests retries, several instances, and a hot reload. */
export function lifeCases(streams: StreamFixture): void {
  it("replies retry while the service throttles, and delivers the chunk afterwards", async () => {
    const kinesis = await streams.heldKinesis();
    const host = await streams.host();
    const instance = await host.open({ ...streams.options("any"), endpoint: kinesis.endpoint, retry_timeout: "0" });
    kinesis.mood = "throttle";
    expect(await host.flush(instance, chunkOf([{ n: 1 }]))).toBe(FLB_RETRY);
    kinesis.mood = "take";
    expect(await host.flush(instance, chunkOf([{ n: 1 }]))).toBe(FLB_OK);
    expect(kinesis.taken.map(jsonOf)).toEqual([{ n: 1 }]);
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

  it("works after being unloaded and loaded again, as in a hot reload", async () => {
    const stream = await streams.newStream();
    const host = await streams.host();
    for (const n of [0, 1]) {
      if (n > 0) await host.load();
      const instance = await host.open(streams.options(stream));
      expect(await host.flush(instance, chunkOf([{ n }]))).toBe(FLB_OK);
      expect(await host.exit(instance)).toBe(FLB_OK);
      await host.unload();
    }
    const { stderr, ...end } = await host.end();
    expect(end, stderr).toEqual({ status: 0, signal: null });
    expect((await streams.kinesis.readAll(stream)).map(jsonOf)).toEqual([{ n: 0 }, { n: 1 }]);
  });
}
