// Tests OTLP logs in a real Fluent Bit: their metadata, resource and scope reach the stream under metadata_key.
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { freePort } from "../support/kinesis_local.js";
import { jsonOf, useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const traceId = "0af7651916cd43dd8448eb211c80319c";
const spanId = "b7ad6b7169203331";
const text = (value: string) => ({ stringValue: value });
const logRecord = (line: string, more: object) => ({ timeUnixNano: "1700000000123456789", severityNumber: 9, severityText: "INFO", body: text(line), ...more });
const logs = {
  resourceLogs: ["shop", "bank"].map((service) => ({
    resource: { attributes: [{ key: "service.name", value: text(service) }] },
    scopeLogs: [{ scope: { name: "my.library", version: "1.0" }, logRecords: [logRecord(`of ${service}`, { traceId, spanId })] }],
  })),
};

/** Posts, retrying until Fluent Bit listens. */
async function post(url: string): Promise<number> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    try {
      const { status } = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(logs) });
      return status;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(100);
    }
  }
}

describe.skipIf(!process.env["FLUENT_BIT"])("OTLP logs through Fluent Bit", () => {
  const streams = useStreams();

  it("carry their metadata, resource and scope", async () => {
    const stream = await streams.newStream();
    const port = await freePort();
    const properties = streams.options(stream, { metadata_key: "metadata", tag_key: "tag", partition_key: "$metadata['resource']['attributes']['service.name']" });
    const fluentBit = streams.fluentBit({
      inputs: [{ name: "opentelemetry", properties: { listen: "127.0.0.1", port: String(port), tag: "otlp.logs", tag_from_uri: "false" } }],
      outputs: [{ name: "kinesis", properties }],
    });
    expect(await post(`http://127.0.0.1:${port}/v1/logs`)).toBe(201);
    const received = await streams.untilArrived(stream, 2);
    expect((await fluentBit.stop()).status).toBe(0);
    for (const service of ["shop", "bank"]) {
      const record = received.find(({ partitionKey }) => partitionKey === service);
      expect(record === undefined ? undefined : jsonOf(record)).toMatchObject({
        log: `of ${service}`,
        tag: "otlp.logs",
        metadata: {
          otlp: { severity_number: 9, severity_text: "INFO", trace_id: traceId, span_id: spanId },
          resource: { attributes: { "service.name": service } },
          scope: { name: "my.library", version: "1.0" },
        },
      });
    }
  });
});
