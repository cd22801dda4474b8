/** Wires the core: the shim's binding, Node's clock, randomness and streams, and the SDK's client. */
import type { Binding, LoadBuiltIn } from "./binding.js";
import { ByteBudget } from "./byte_budget.js";
import { optionNames, readConfig } from "./config.js";
import type { CredentialSources } from "./credentials/credentials.js";
import { credentialSource } from "./credentials/credential_source.js";
import { hasLogLevel, kinesisEndpointOf, readInstanceEnvironment, readLogLevel } from "./environment.js";
import { lateClient } from "./late_client.js";
import { createHostLog, createLog, prefixed, type Log } from "./log.js";
import { lateMd5 } from "./md5.js";
import { GatheredMetrics, metricDefinitions, noMetrics, type Metrics } from "./metrics.js";
import { misspelledOptions } from "./misspelled_options.js";
import { readNetworkEnvironment } from "./network/network.js";
import { OutputInstance, type SharedMemory } from "./output_instance.js";
import { OutputLevels } from "./output_levels.js";
import { Plugin } from "./plugin.js";
import { SinkPool } from "./record/sink_pool.js";
import { RequestBodies } from "./send/request_bodies.js";
import { releaseAfterRequests } from "./resident_memory.js";
import { replaceStandardStreams, routeConsole } from "./standard_streams.js";
import { Turns } from "./turns.js";
import { version } from "./version.js";
import { zoneName } from "./zone_name.js";

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
  let crypto: ReturnType<typeof load<"node:crypto">> | undefined;
  // Asked for once: with partition_key a key is hashed for each record.
  const createHash = (algorithm: string) => (crypto ??= load("node:crypto")).createHash(algorithm);
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
  const now = () => performance.now();
  const { ready, md5 } = lateMd5(createHash, async () => (await import("./md5_package.js")).md5, (reason) => {
    log.info(`[kinesis] OpenSSL has no MD5 here (${reason}), as with FIPS; the checksum in aggregated records is computed without it`);
  });
  // Unreferenced: the queue of requests keeps Node's loop alive, and nobody waits once that is closed.
  const schedule = (callback: () => void, delayMs: number) => void setTimeout(callback, delayMs).unref();
  const shared: SharedMemory = {
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
  // One for the process: outputs with the same sources share their credentials.
  let credentialSources: CredentialSources | undefined;
  const ended = (number: number) => outputLevels.close(number);
  const plugin = new Plugin({ binding, log, now, ended }, async (number, read, requestId) => {
    const host = binding.outputInstance(requestId);
    let instanceLog = prefixed(log, `[kinesis ${number}] `);
    if (isHostLog && host !== undefined) {
      const { name, logLevel } = host;
      outputLevels.open(number, logLevel);
      instanceLog = prefixed(createHostLog(() => logLevel, hostLog), `[output:kinesis:${name}] `);
    }
    const misspelled = misspelledOptions(optionNames, (names) => binding.setOptions(requestId, names));
    for (const { message } of misspelled) instanceLog.warning(message);
    const config = readConfig(read, instanceLog, (epochSeconds) => binding.zoneAbbreviation(epochSeconds) || zoneName(epochSeconds));
    const environment = readInstanceEnvironment(process.env);
    const network = await readNetworkEnvironment(process.env);
    if (process.env["NODE_TLS_REJECT_UNAUTHORIZED"] === "0") {
      instanceLog.warning("NODE_TLS_REJECT_UNAUTHORIZED is 0: no certificate is verified, so anybody can pose as AWS; name your authorities in AWS_CA_BUNDLE instead");
    }
    const { eksPodExecutionRole } = environment;
    const options = { ...config.connection, eksPodExecutionRole };
    const { stream, region, endpoint = kinesisEndpointOf(process.env) ?? "that of the region" } = options;
    instanceLog.info(`stream ${stream}, region ${region}, endpoint ${endpoint}; credentials: ${credentialSource(options, process.env)}; version ${version}; Node.js ${process.version} runs ${binding.place}`);
    const bodies = new RequestBodies(config.connection.stream, config.requestFormat, Math.random, shared.sinks, () => {
      instanceLog.warning("The endpoint does not take requests in CBOR; from now on they are JSON, which 'request_format' can say from the start");
    });
    return new OutputInstance(config, environment, {
      log: instanceLog,
      metrics: openMetrics(binding, requestId, host?.name, config.connection.stream, instanceLog),
      client: lateClient(async () => {
        const { CredentialSources } = await import("./credentials/credentials.js");
        const { createKinesisClient } = await import("./send/kinesis_client.js");
        credentialSources ??= new CredentialSources({ now: Date.now, steadyNow: now, random: Math.random });
        const credentials = credentialSources.open(options, { network, log: instanceLog });
        return createKinesisClient(config.connection, credentials, version, bodies, network);
      }),
      shared,
      now,
      random: Math.random,
      sleep: (milliseconds) => new Promise((resolve) => schedule(resolve, milliseconds)),
      digest: (chunk) => createHash("sha256").update(chunk).digest("base64"),
      md5,
      md5Ready: ready,
      compress: config.compression === undefined ? undefined : (await import("./compress/compressor.js")).compressorFor(config.compression),
      exitProcess: (status) => binding.exitProcess(status),
    });
  });
  process.on("uncaughtException", (error) => plugin.releaseAll(error));
  // Node's own printing of warnings is off (native/bootstrap.cc): they are ours to show.
  process.on("warning", (warning) => log.debug(`[kinesis] Node.js: ${warning.message}`));
  const requested = releaseAfterRequests(() => binding.releaseCode());
  binding.serve((...request) => {
    requested();
    plugin.handle(...request);
  });
}

function openMetrics(
  binding: Binding,
  requestId: number,
  name: string | undefined,
  stream: string,
  log: Log,
): Metrics {
  const metrics = name === undefined ? 0 : binding.openMetrics(requestId, metricDefinitions(name, stream));
  if (metrics !== 0) return new GatheredMetrics((pairs) => void binding.updateMetrics(metrics, pairs));
  log.debug("This Fluent Bit takes no metrics of plugins");
  return noMetrics;
}
