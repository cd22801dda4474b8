// Tests that equal options give records of the same form in Fluent Bit's own output kinesis_streams and here.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it, vi } from "vitest";
import { REGION } from "../support/kinesis_local.js";
import { unpackSnappyBlock } from "../support/snappy_block.js";
import { useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const program = process.env["FLUENT_BIT"] ?? "";
/** Before 5.1 kinesis_streams has neither option. */
const isKnown = program !== "" && execFileSync(program, ["-o", "kinesis_streams", "-h"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).includes("simple_aggregation");

describe.skipIf(!isKnown)("kinesis_streams and this plugin", () => {
  const streams = useStreams();

  it.each([
    ["simple_aggregation", { simple_aggregation: "true" }, (data: Uint8Array) => Buffer.from(data)],
    ["snappy", { compression: "snappy" }, unpackSnappyBlock],
    ["simple_aggregation and snappy", { simple_aggregation: "true", compression: "snappy" }, unpackSnappyBlock],
    ["simple_aggregation and gzip", { simple_aggregation: "true", compression: "gzip" }, (data: Uint8Array) => gunzipSync(data)],
  ])("make the same records of the same chunk with %s", async (_, options, unpack) => {
    const folder = mkdtempSync(path.join(tmpdir(), "peer-form-"));
    try {
      const file = path.join(folder, "in.log");
      writeFileSync(file, Array.from({ length: 200 }, (__, n) => `line ${n} ${"x".repeat(n)}\n`).join(""));
      const [theirs, ours] = [await streams.newStream(), await streams.newStream()];
      const tls = new URL(streams.kinesis.tlsEndpoint);
      const common = { region: REGION, ...options };
      const fluentBit = streams.fluentBitWithFile({
        inputs: [{ name: "tail", properties: { path: file, read_from_head: "on" } }],
        outputs: [
          { name: "kinesis_streams", properties: { ...common, stream: theirs, endpoint: tls.hostname, port: tls.port, "tls.ca_file": streams.kinesis.certificateFile } },
          // A port for Fluent Bit's own use: it changes nothing here.
          { name: "kinesis", properties: { ...common, stream: ours, endpoint: streams.kinesis.endpoint, port: "1", append_newline: "true" } },
        ],
      });
      const expected = "compression" in options && !("simple_aggregation" in options) ? 200 : 1;
      const received = [await streams.untilArrived(theirs, expected), await streams.untilArrived(ours, expected)];
      expect((await fluentBit.stop()).status).toBe(0);
      const [fromTheirs, fromOurs] = received.map((records) => records.map(({ data }) => unpack(data).toString()).sort());
      expect(fromOurs).toEqual(fromTheirs);
      expect(fromOurs?.join("").match(/\n/gu)).toHaveLength(200);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
