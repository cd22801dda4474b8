// Node's heap is full: the host goes on, its flushes are answered with retry, and it is told why; a Node in a process of
// its own is started anew.
import { expect, it, vi } from "vitest";
import { isCoreInProcess } from "../support/environment.js";
import { chunkOf } from "../support/event_chunk.js";
import { FLB_OK, FLB_RETRY } from "../support/plugin_host.js";
import { useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const streams = useStreams();

it("answers retry, and ends in order", async () => {
  const kinesis = await streams.instantKinesis();
  const host = await streams.host({ KINESIS_NODE_OPTIONS: "--max-old-space-size=20 --max-semi-space-size=1" });
  const options = { ...streams.options("any"), endpoint: kinesis.endpoint };
  const [instance, other] = [await host.open(options), await host.open(options)];
  expect(await host.flush(instance, chunkOf([{ small: true }]))).toBe(FLB_OK);

  const many = chunkOf(Array.from({ length: 500_000 }, (_, n) => ({ n })));
  expect(await host.flush(instance, many)).toBe(FLB_RETRY);
  for (const one of [instance, other]) {
    const small = chunkOf([{ small: true }]);
    if (isCoreInProcess) expect(await host.flushUntilAnswered(one, small)).toBe(FLB_OK);
    else expect(await host.flush(one, small)).toBe(FLB_RETRY);
  }
  const { status, stderr } = await host.end();
  expect(status, stderr).toBe(0);
  expect(stderr).toContain(
    isCoreInProcess
      ? "The process of Node.js ended with signal 6. It is started again in 100 ms; chunks under way are answered with retry"
      : "Node.js has stopped. Flushes are answered with retry until Fluent Bit is started again",
  );
});
