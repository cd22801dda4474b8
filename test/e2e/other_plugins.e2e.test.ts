// Tests another Go plugin in the same process: its runtime keeps its signals, before and after Node started.
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { chunkOf } from "../support/event_chunk.js";
import type { Section } from "../support/fluent_bit.js";
import { buildGoProbe, missingGo } from "../support/go_probe.js";
import { FLB_OK } from "../support/plugin_host.js";
import { useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const reason = missingGo();

describe.skipIf(reason !== undefined)(`a Go plugin next to this one${reason === undefined ? "" : ` (${reason})`}`, () => {
  const streams = useStreams();
  let probe: Awaited<ReturnType<typeof buildGoProbe>>;
  beforeAll(async () => {
    probe = await buildGoProbe();
  });
  afterAll(() => probe.remove());

  const chunk = chunkOf([{ log: "a line" }]);

  it.each(["before", "after"] as const)("that was loaded %s Node started still recovers from faults and is preempted", async (when) => {
    const kinesis = await streams.instantKinesis();
    const host = await streams.host();
    const open = async (): Promise<number> => host.open(streams.options("any", { endpoint: kinesis.endpoint }));
    let instance = when === "after" ? await open() : -1;
    expect(await host.loadAlso(probe.plugin)).toBe(FLB_OK);
    if (when === "before") {
      expect(await host.flushAlso(chunk)).toBe(FLB_OK);
      instance = await open();
    }
    for (let count = 0; count < 3; count++) {
      expect(await host.flushAlso(chunk), host.stderr).toBe(FLB_OK);
      expect(await host.flushMany(instance, chunk, 4, 25)).toEqual({ errors: 0, oks: 100, retries: 0 });
    }
    expect(await host.ownsSignals()).toEqual({ sigint: true, sigterm: true });
    host.kill("SIGTERM");
    const { stderr, ...end } = await host.ended();
    expect(end, stderr).toEqual({ status: 0, signal: null });
    expect(kinesis.received).toHaveLength(300);
  });

  describe.skipIf(!process.env["FLUENT_BIT"])("inside Fluent Bit, the plugin", () => {
    it.each(["before", "after"] as const)("works as an output %s another Go plugin, and SIGTERM ends both cleanly", async (when) => {
      const kinesis = await streams.instantKinesis();
      const dummy: Section = { name: "dummy", properties: { dummy: '{"a":1}', rate: "20" } };
      const ours: Section = { name: "kinesis", properties: streams.options("any", { endpoint: kinesis.endpoint }) };
      const theirs: Section = { name: "go_probe", properties: {} };
      const outputs = when === "before" ? [theirs, ours] : [ours, theirs];
      const fluentBit = streams.fluentBit({ inputs: [dummy], outputs }, { extraArguments: ["-e", probe.plugin] });
      await fluentBit.waitForLogs(/go_probe: recovered/, 5);
      await kinesis.untilArrived(20);
      expect(await fluentBit.stop(), fluentBit.output).toEqual({ status: 0, signal: null });
      expect(fluentBit.output).toContain("go_probe: exited");
      expect(fluentBit.output).not.toMatch(/=false/);
    });

    it("works after two of them, in the order of the image of aws-for-fluent-bit", async () => {
      const kinesis = await streams.instantKinesis();
      const others = [await buildGoProbe("firehose"), await buildGoProbe("cloudwatch")];
      try {
        const dummy: Section = { name: "dummy", properties: { dummy: '{"a":1}', rate: "20" } };
        const ours: Section = { name: "kinesis", properties: streams.options("any", { endpoint: kinesis.endpoint }) };
        const outputs = [{ name: "firehose", properties: {} }, { name: "cloudwatch", properties: {} }, ours];
        const extraArguments = others.flatMap(({ plugin }) => ["-e", plugin]);
        const fluentBit = streams.fluentBit({ inputs: [dummy], outputs }, { extraArguments });
        for (const name of ["firehose", "cloudwatch"]) await fluentBit.waitForLogs(new RegExp(`${name}: collected=true`), 5);
        await kinesis.untilArrived(20);
        expect(await fluentBit.stop(), fluentBit.output).toEqual({ status: 0, signal: null });
        for (const name of ["firehose", "cloudwatch"]) expect(fluentBit.output).toContain(`${name}: exited`);
        expect(fluentBit.output).not.toMatch(/=false/);
      } finally {
        for (const other of others) other.remove();
      }
    });
  });
});
