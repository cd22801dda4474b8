// Tests that a small heap is enough for any chunk, and that after a full heap the host continues, its flushes get retry, and
// the reason is logged; Node in a separate process is restarted.
import { expect, it, onTestFinished, vi } from "vitest";
import { coreOf, peakMebibytes } from "../support/core_process.js";
import { isCoreInProcess } from "../support/environment.js";
import { chunkOf } from "../support/event_chunk.js";
import { FLB_OK, FLB_RETRY } from "../support/plugin_host.js";
import { NODE_ENDS, Preloaded } from "../support/preloaded.js";
import { useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const streams = useStreams();

it("a chunk of half a million events is delivered with a heap that all events at once would fill", async () => {
  const kinesis = await streams.instantKinesis();
  const host = await streams.host({ KINESIS_NODE_OPTIONS: "--max-old-space-size=20 --max-semi-space-size=1" });
  const instance = await host.open({ ...streams.options("any"), endpoint: kinesis.endpoint });
  const many = chunkOf(Array.from({ length: 500_000 }, (_, n) => ({ n })));
  expect(await host.flush(instance, many)).toBe(FLB_OK);
  expect((await host.end()).status).toBe(0);
});

/** Measured: 34 to 55, of which the chunk takes 6; all events of the largest at once would take over 200. */
const maxGrowthMebibytes = 80;

it.each([
  [2_000_000, {}],
  [2_000_000, { aggregation: "true" }],
])("a chunk of %i events of three bytes needs no more memory than one of a few slices (%j)", async (count, options) => {
  const kinesis = await streams.instantKinesis();
  const host = await streams.host();
  const instance = await host.open({ ...streams.options("any", options), endpoint: kinesis.endpoint });
  const small = chunkOf(Array.from({ length: 500 }, (_, n) => ({ n })));
  expect(await host.flush(instance, small)).toBe(FLB_OK);
  const core = isCoreInProcess ? await coreOf(host.pid) : host.pid;
  const before = peakMebibytes(core);
  const many = new Uint8Array(3 * count);
  // An array of a time, 0, and an empty body.
  for (let at = 0; at < many.length; at += 3) many.set([0x92, 0, 0x80], at);
  expect(await host.flushUntilDone(instance, many)).toBe(FLB_OK);
  expect(peakMebibytes(core) - before).toBeLessThan(maxGrowthMebibytes);
});

it("flushes get retry when Node's heap is full, and the host ends cleanly", async () => {
  const kinesis = await streams.heldKinesis();
  const preloaded = new Preloaded(NODE_ENDS["runs out of heap"]);
  onTestFinished(() => preloaded.destroy());
  const host = await streams.host(preloaded.environment);
  const options = { ...streams.options("any"), endpoint: kinesis.endpoint };
  const [instance, other] = [await host.open(options), await host.open(options)];
  expect(await host.flush(instance, chunkOf([{ small: true }]))).toBe(FLB_OK);

  kinesis.mood = "hold";
  const held = await host.start(instance, chunkOf([{ held: true }]));
  await kinesis.untilRequested(2);
  preloaded.cue();
  expect(await host.replyOf(held)).toBe(FLB_RETRY);
  kinesis.release();
  for (const one of [instance, other]) {
    const small = chunkOf([{ small: true }]);
    if (isCoreInProcess) expect(await host.flushUntilDone(one, small)).toBe(FLB_OK);
    else expect(await host.flush(one, small)).toBe(FLB_RETRY);
  }
  const { status, stderr } = await host.end();
  expect(status, stderr).toBe(0);
  expect(stderr).toContain(
    isCoreInProcess
      ? "The process of Node.js ended with signal 6. It is started again in 100 ms; chunks under way get retry"
      : "Node.js has stopped. All flushes get retry until Fluent Bit is restarted",
  );
});
