// An output instance with a scripted client, a clock of the test's, and all that it says kept.
import { createHash } from "node:crypto";
import { compressorFor } from "../../src/compress/compressor.js";
import { readConfig } from "../../src/config.js";
import { type Metrics, noMetrics } from "../../src/metrics.js";
import { OutputInstance } from "../../src/output_instance.js";
import { type HeldClock, JumpingClock } from "./fake_clock.js";
import { RecordedLog } from "./recorded_log.js";
import { allTaken, ScriptedClient, type Step } from "./scripted_client.js";

export interface InstanceSetting {
  readonly options?: Readonly<Record<string, string>>;
  readonly script?: readonly Step[];
  readonly afterwards?: Step;
  readonly sendFailureTimeoutMs?: number;
  readonly clock?: JumpingClock | HeldClock;
  readonly random?: () => number;
  readonly metrics?: Metrics;
}

export interface ScriptedInstance {
  readonly instance: OutputInstance;
  readonly log: RecordedLog;
  readonly client: ScriptedClient;
  readonly exits: readonly number[];
  /** How many chunks were hashed. */
  readonly digests: () => number;
}

export function scriptedInstance(setting: InstanceSetting = {}): ScriptedInstance {
  const { options = {}, script = [], afterwards = allTaken, sendFailureTimeoutMs, random = () => 0.5 } = setting;
  const clock = setting.clock ?? new JumpingClock();
  const log = new RecordedLog();
  const client = new ScriptedClient(script, afterwards);
  const exits: number[] = [];
  const given: Readonly<Record<string, string>> = { region: "us-west-2", stream: "logs", ...options };
  const config = readConfig((key) => given[key], new RecordedLog(), () => "UTC");
  let digests = 0;
  const instance = new OutputInstance(
    config,
    { sendFailureTimeoutMs, eksPodExecutionRole: undefined },
    {
      log,
      client,
      metrics: setting.metrics ?? noMetrics,
      now: clock.now,
      sleep: clock.sleep,
      random,
      digest: (bytes) => {
        digests++;
        return createHash("sha256").update(bytes).digest("base64");
      },
      md5: (bytes) => createHash("md5").update(bytes).digest(),
      compress: config.compression === undefined ? undefined : compressorFor(config.compression),
      exitProcess: (status) => void exits.push(status),
    },
  );
  return { instance, log, client, exits, digests: () => digests };
}
