/** Starts the core: connects the shim's binding, Node's clock, randomness and streams, and the memory that outputs share. */
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
 * Fits the records of two chunks of 2 MB, the size that Fluent Bit makes from a busy input: one is delivered while the next is
 * encoded. 12 MiB raises the peak RSS by 10 MiB and speeds up nothing (100,000 container logs, 0 and 20 ms of latency).
 */
const recordBudgetBytes = 6 * 1024 * 1024;
/** Fits the bodies of ten requests of 500 container logs, 300 KB each. */
const bodyBudgetBytes = 4 * 1024 * 1024;
const sinkPoolLimits = { maxKeptBytes: 6 * 1024 * 1024, restMs: 5000 };

/**
 * Starts the core. The shim's bootstrap script calls this once; requests arrive from then on.
 * @param load loads a built-in module of Node on first use: on Node 18 `node:crypto` takes 6 ms, and an init needs no hash
 */
export function start(binding: Binding, load: LoadBuiltIn): void {
  invalidateDetachProtector();
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
  // Loads the module once: with partition_key each record needs a hash.
  const createHash = (algorithm: string) => (crypto ??= load("node:crypto")).createHash(algorithm);
  const { ready: md5Ready, md5 } = lateMd5(createHash, async () => (await import("./pack/md5_package.js")).md5, (reason) => {
    log.info(`[kinesis] OpenSSL does not provide MD5 (${reason}), for example in FIPS mode; the checksum of aggregated records is computed without OpenSSL`);
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
  // Node does not print warnings itself (native/runtime/bootstrap.cc).
  process.on("warning", (warning) => log.debug(`[kinesis] Node.js: ${warning.message}`));
  const requested = releaseAfterRequests(() => binding.releaseCode());
  binding.serve((...request) => {
    requested();
    plugin.handle(...request);
  });
}

/** Schedules a call with an unreferenced timer: only the queue of requests keeps Node's loop alive. */
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
        // At rest no script runs, so V8 starts no collection itself. Node's option --expose-gc defines `gc`.
        globalThis.gc?.();
        binding.trimMemory();
      },
    }),
  };
}

/**
 * Detaches a buffer before V8 compiles anything. The first detached buffer makes V8 discard all compiled functions that read
 * typed arrays (its "array buffer detaching protector"). Otherwise that buffer would be the first chunk, and cost 0.1 s.
 */
function invalidateDetachProtector(): void {
  const buffer = new ArrayBuffer(1);
  structuredClone(buffer, { transfer: [buffer] });
}
