/** Wires the core: the shim's binding, Node's clock, randomness and streams, and what all outputs share. */
import { ByteBudget } from "./bytes/byte_budget.js";
import { SinkPool } from "./bytes/sink_pool.js";
import { Turns } from "./delivery/turns.js";
import type { Binding, LoadBuiltIn } from "./host/binding.js";
import { outputFactory } from "./host/output_factory.js";
import { Plugin } from "./host/plugin.js";
import { releaseAfterRequests } from "./host/resident_memory.js";
import { replaceStandardStreams, routeConsole } from "./host/standard_streams.js";
import { zoneFiles } from "./host/zone_files.js";
import { zoneName } from "./host/zone_name.js";
import { hasLogLevel, readLogLevel } from "./options/environment.js";
import type { SharedMemory } from "./output/open_output.js";
import { lateMd5 } from "./pack/md5.js";
import { createHostLog, createLog } from "./telemetry/log.js";
import { OutputLevels } from "./telemetry/output_levels.js";

/**
 * Records of two chunks of 2 MB, which is what Fluent Bit makes of a busy input: one is delivered while the next is encoded.
 * With 12 MiB the peak of RSS is 10 MiB higher, and nothing is faster (100,000 container logs, 0 and 20 ms).
 */
const recordBudgetBytes = 6 * 1024 * 1024;
/** The bodies of ten requests of 500 container logs: 300 KB each. */
const bodyBudgetBytes = 4 * 1024 * 1024;
const sinkPoolLimits = { maxKeptBytes: 6 * 1024 * 1024, restMs: 5000 };

/**
 * Called once by the shim's bootstrap script; from then on, requests arrive.
 * @param load Node's own modules. On Node 18 crypto takes 6 ms, and an init needs no hash
 */
export function start(binding: Binding, load: LoadBuiltIn): void {
  expectDetachedBuffers();
  const { level, unknown } = readLogLevel(process.env);
  const write = (text: string) => binding.writeMessage(text);
  const hostLog = { log: (number: number, text: string) => binding.log(number, text), write, now: Date.now };
  const isHostLog = binding.hasHostLog && !hasLogLevel(process.env);
  const outputLevels = new OutputLevels();
  const log = isHostLog ? createHostLog(() => outputLevels.highest, hostLog) : createLog(level, Date.now, write);
  replaceStandardStreams(process, write);
  routeConsole(console, (message) => log.debug(`[kinesis] AWS SDK: ${message}`));
  if (unknown !== undefined) {
    log.warning(`Unknown FLB_LOG_LEVEL '${unknown}', must be debug, info or error; using info`);
  }
  let crypto: ReturnType<typeof load<"node:crypto">> | undefined;
  // Asked for once: with partition_key a key is hashed for each record.
  const createHash = (algorithm: string) => (crypto ??= load("node:crypto")).createHash(algorithm);
  const { ready: md5Ready, md5 } = lateMd5(createHash, async () => (await import("./pack/md5_package.js")).md5, (reason) => {
    log.info(`[kinesis] OpenSSL has no MD5 here (${reason}), as with FIPS; the checksum in aggregated records is computed without it`);
  });
  const zones = zoneFiles(() => load("node:fs"));
  const steadyNow = () => performance.now();
  const openOutput = outputFactory({
    ...{ binding, log, outputLevels, md5, md5Ready, steadyNow },
    zoneName: (epochSeconds, zone) => zoneName(epochSeconds, zone, zones),
    environment: process.env,
    nodeVersion: process.version,
    hostLog: isHostLog ? hostLog : undefined,
    shared: sharedMemory(binding, steadyNow),
    sha256: (bytes) => createHash("sha256").update(bytes).digest("base64"),
    now: Date.now,
    random: Math.random,
    sleep: (milliseconds) => new Promise((resolve) => schedule(resolve, milliseconds)),
  });
  const plugin = new Plugin({ binding, log, now: steadyNow, ended: (number) => outputLevels.close(number) }, openOutput);
  process.on("uncaughtException", (error) => plugin.releaseAll(error));
  // Node's own printing of warnings is off (native/runtime/bootstrap.cc): they are ours to show.
  process.on("warning", (warning) => log.debug(`[kinesis] Node.js: ${warning.message}`));
  const requested = releaseAfterRequests(() => binding.releaseCode());
  binding.serve((...request) => {
    requested();
    plugin.handle(...request);
  });
}

/** Unreferenced: the queue of requests keeps Node's loop alive, and nobody waits once that is closed. */
function schedule(callback: () => void, delayMs: number): void {
  setTimeout(callback, delayMs).unref();
}

function sharedMemory(binding: Binding, now: () => number): SharedMemory {
  return {
    turns: new Turns({ budgetBytes: recordBudgetBytes, letNetworkRun: () => new Promise((resolve) => setImmediate(resolve)), now }),
    bodies: new ByteBudget(bodyBudgetBytes),
    sinks: new SinkPool(sinkPoolLimits, {
      schedule,
      free: (memory) => binding.releaseMemory(memory),
      rested: () => {
        // At rest no script runs, and V8 collects nothing by itself. A function of Node's option --expose-gc.
        globalThis.gc?.();
        binding.trimMemory();
      },
    }),
  };
}

/**
 * Detaches a buffer before anything is compiled. The first one that is detached makes V8 discard all compiled functions that
 * read typed arrays (its "array buffer detaching protector"); here that would be the first chunk, and cost 0.1 s.
 */
function expectDetachedBuffers(): void {
  const buffer = new ArrayBuffer(1);
  structuredClone(buffer, { transfer: [buffer] });
}
