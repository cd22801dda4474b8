// An output instance with a scripted client and the test's clock, which keeps all messages.
import { createHash } from "node:crypto";
import { compressorFor } from "../../src/pack/compression.js";
import { readConfig } from "../../src/options/config.js";
import { type Metrics, noMetrics } from "../../src/telemetry/metrics.js";
import type { Reply } from "../../src/output/flush.js";
import { openOutput, type OutputDependencies, type SharedMemory } from "../../src/output/open_output.js";
import type { Output } from "../../src/output/output.js";
import type { Compress } from "../../src/record/truncation.js";
import { type HeldClock, JumpingClock } from "./fake_clock.js";
import { RecordedLog } from "./recorded_log.js";
import { allTaken, ScriptedClient, type Step } from "./scripted_client.js";
import { sharedMemory } from "./shared_memory.js";

export interface InstanceSetting {
  readonly options?: Readonly<Record<string, string>>;
  readonly script?: readonly Step[];
  readonly afterwards?: Step;
  readonly sendFailureTimeoutMs?: number;
  readonly clock?: JumpingClock | HeldClock;
  readonly random?: () => number;
  readonly metrics?: Metrics;
  /** Metrics of streams that records choose; the output's own if unset. */
  readonly metricsOf?: (stream: string) => Metrics;
  /** Memory of several outputs of one process; the output's own if unset. */
  readonly shared?: SharedMemory;
  /** Resolves when MD5 is available; always available if unset. */
  readonly md5Ready?: () => Promise<void>;
  /** Replaces the compressor of the option compression. */
  readonly compress?: Compress;
  readonly deadLetterFile?: OutputDependencies["deadLetterFile"];
  readonly stateFile?: OutputDependencies["stateFile"];
}

export interface ScriptedInstance {
  readonly instance: Output;
  /** Flushes a chunk that is present, in a Fluent Bit that does not block. */
  readonly flush: (chunk: Uint8Array, tag?: string) => Promise<Reply>;
  readonly log: RecordedLog;
  readonly client: ScriptedClient;
  readonly exits: readonly number[];
  /** Returns the number of hashed chunks. */
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
  const compress = config.compression === undefined ? undefined : (setting.compress ?? compressorFor(config.compression));
  let digests = 0;
  const instance = openOutput(
    config,
    { sendFailureTimeoutMs, eksPodExecutionRole: undefined },
    {
      log,
      client,
      metrics: setting.metrics ?? noMetrics,
      metricsOf: setting.metricsOf ?? (() => setting.metrics ?? noMetrics),
      shared: setting.shared ?? sharedMemory({ now: clock.now }),
      now: clock.now,
      epochNow: () => Date.UTC(2026, 0, 31) + clock.now(),
      sleep: clock.sleep,
      random,
      digest: (bytes) => {
        digests++;
        return createHash("sha256").update(bytes).digest("base64");
      },
      md5: (bytes) => createHash("md5").update(bytes).digest(),
      ...(setting.md5Ready && { md5Ready: setting.md5Ready }),
      compress,
      deadLetterFile: setting.deadLetterFile,
      stateFile: setting.stateFile,
      exitProcess: (status) => void exits.push(status),
    },
  );
  const flush = (chunk: Uint8Array, tag = "tag") => instance.flush({ bytes: chunk.length, open: () => chunk }, tag, false);
  return { instance, flush, log, client, exits, digests: () => digests };
}
