// Tests the plugin's options in the forms of a real Fluent Bit: classic and YAML files, with variables and an alias.
import { describe, expect, it, vi } from "vitest";
import { FluentBit } from "../support/fluent_bit.js";
import { REGION } from "../support/kinesis_local.js";
import { jsonOf, useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const classic = `
@SET chosen_key=log
[SERVICE]
    Flush      0.2
    Log_Level  warn
[INPUT]
    Name     dummy
    Dummy    {"log": "kept", "other": 1}
    Samples  1
[OUTPUT]
    Name           kinesis
    Alias          to_logs
    Match          *
    Log_Level      info
    region         \${LOG_REGION}
    Stream         \${LOG_STREAM}
    endpoint       \${LOG_ENDPOINT}
    DATA_KEYS      \${chosen_key}
    partition-key  log
`;

const yaml = `
env:
  chosen_key: log
service:
  flush: 0.2
  log_level: warn
pipeline:
  inputs:
    - name: dummy
      dummy: '{"log": "kept", "other": 1}'
      samples: 1
  outputs:
    - name: kinesis
      alias: to_logs
      match: '*'
      log_level: info
      region: \${LOG_REGION}
      stream: \${LOG_STREAM}
      endpoint: \${LOG_ENDPOINT}
      data_keys: \${chosen_key}
      partition-key: log
`;

describe.skipIf(!process.env["FLUENT_BIT"])("Fluent Bit's configuration", () => {
  const streams = useStreams();

  it.each([
    ["fluent-bit.conf", classic],
    ["fluent-bit.yaml", yaml],
  ])("as %s: options, variables, alias and level are used, and an unknown name is reported", async (name, text) => {
    const stream = await streams.newStream();
    const variables = { LOG_REGION: REGION, LOG_STREAM: stream, LOG_ENDPOINT: streams.kinesis.endpoint };
    const fluentBit = FluentBit.fromText(name, text, { environment: variables });
    try {
      await streams.untilArrived(stream, 1);
      expect(await fluentBit.stop(), fluentBit.output).toEqual({ status: 0, signal: null });
    } finally {
      await fluentBit.destroy();
    }
    expect((await streams.kinesis.readAll(stream)).map(jsonOf)).toEqual([{ log: "kept" }]);
    const lines = fluentBit.output.split("\n").filter((line) => line.includes("[output:kinesis:to_logs]"));
    expect(lines.find((line) => line.includes("[ info]") && line.includes(`stream ${stream}, region ${REGION}`))).toBeDefined();
    expect(lines.filter((line) => line.includes("[ warn]"))).toEqual([expect.stringContaining("did you mean 'partition_key'?")]);
  });
});
