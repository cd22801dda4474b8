// The cost of recognizing a retried chunk when many chunks are remembered.
import { describe, expect, it } from "vitest";
import { CostMeter } from "../../support/execution_cost.js";
import { JumpingClock } from "../../support/fake_clock.js";
import { RecordedLog } from "../../support/recorded_log.js";
import { entryOf } from "../../support/scripted_client.js";
import { tableOf } from "../../support/entry.js";

describe("a retried chunk", () => {
  it("is found among thousands of chunks of its tag and length in as many steps as among twenty", async () => {
    const meter = new CostMeter("all");
    const [{ PartialDeliveries }, { EventSet }] = await Promise.all([import("../../../src/delivery/partial_deliveries.js"), import("../../../src/pack/event_set.js")]);
    const stepsAmong = (chunks: number) => {
      const digest = (chunk: Uint8Array) => Buffer.from(chunk).toString();
      const setOf = (event: number) => {
        const set = new EventSet();
        set.add(...tableOf([entryOf("key", 10, event)]));
        return set;
      };
      const dependencies = { digest, now: new JumpingClock().now, log: new RecordedLog() };
      const memory = new PartialDeliveries({ maxBytes: 100_000_000, maxAgeMs: 60_000 }, dependencies);
      const chunkOf = (position: number) => Buffer.from(`chunk ${10_000 + position}`);
      for (let position = 0; position < chunks; position++) memory.keep(chunkOf(position), "tag", setOf(position % 8));
      meter.take();
      for (let position = chunks - 11; position < chunks - 1; position++) expect(memory.take(chunkOf(position), "tag")?.has(position % 8)).toBe(true);
      return meter.take().steps;
    };
    stepsAmong(20);
    expect(stepsAmong(5000)).toBe(stepsAmong(20));
    meter.close();
  });
});
