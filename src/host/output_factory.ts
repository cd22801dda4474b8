/** Opens an output for each init: reads options and environment, and creates the output's log, metrics and Kinesis client. */
import { openOutput, type OutputDependencies, type SharedMemory } from "../output/open_output.js";
import type { CredentialSources } from "../credentials/credentials.js";
import { credentialSource } from "../credentials/credential_source.js";
import { RequestBodies } from "../kinesis/request_bodies.js";
import type { LineFiles } from "../files/line_files.js";
import type { StateFileDependencies } from "../files/state_file.js";
import type { StateFiles } from "../files/state_files.js";
import { readNetworkEnvironment } from "../network/network.js";
import { readConfig, type Config, type OptionReader } from "../options/config.js";
import { optionNames } from "../options/table.js";
import { findRegion, type DefaultRegion } from "../options/region.js";
import { kinesisEndpointOf, readInstanceEnvironment } from "../options/environment.js";
import type { Environment } from "../network/environment.js";
import { misspelledOptions } from "../options/misspelled.js";
import type { Md5 } from "../pack/aggregated_record.js";
import type { Compress } from "../pack/compression.js";
import { createHostLog, prefixed, type HostLog, type Log } from "../telemetry/log.js";
import { GatheredMetrics, metricDefinitions, noMetrics, streamLabel } from "../telemetry/metrics.js";
import type { OutputLevels } from "../telemetry/output_levels.js";
import { StreamMetrics } from "../telemetry/stream_metrics.js";
import type { Binding } from "./binding.js";
import { lateClient } from "./late_client.js";
import type { OutputOpener } from "./plugin.js";
import { version } from "./version.js";
import type { NamedZone } from "./zone_name.js";

/** Dependencies that the outputs of a process share. */
export interface OutputFactoryDependencies {
  readonly binding: Pick<Binding, "outputInstance" | "setOptions" | "zoneAbbreviation" | "openMetrics" | "addMetricSeries" | "updateMetrics" | "exitProcess" | "place">;
  readonly environment: Environment;
  readonly nodeVersion: string;
  /** The log of the process. */
  readonly log: Log;
  /** Fluent Bit's log; undefined when outputs write to the log of the process. */
  readonly hostLog: HostLog | undefined;
  readonly outputLevels: OutputLevels;
  /** Returns a zone's abbreviation at a time; `zone` defaults to the local zone. */
  readonly zoneName: (epochSeconds: number, zone?: NamedZone) => string;
  readonly shared: SharedMemory;
  readonly md5: Md5;
  /** Resolves when `md5` may be called. */
  readonly md5Ready: () => Promise<void>;
  /** Returns the SHA-256 of bytes in base64. */
  readonly sha256: (bytes: Uint8Array) => string;
  /** Returns milliseconds that never decrease. */
  readonly steadyNow: () => number;
  /** Returns milliseconds since the epoch. */
  readonly now: () => number;
  /** Returns a number from 0 up to, but not including, 1. */
  readonly random: () => number;
  /** Resolves after this time. */
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** Returns a function that opens the output of an init. The function throws ConfigurationError on an invalid option or variable. */
export function outputFactory(dependencies: OutputFactoryDependencies): OutputOpener {
  const { binding, environment, shared, steadyNow, now, random } = dependencies;
  // Shared by the process, so that outputs with the same sources share credentials.
  let credentialSources: CredentialSources | undefined;
  let lineFiles: LineFiles | undefined;
  const openDeadLetterFile = async ({ deadLetters }: Config) => {
    if (deadLetters === undefined) return undefined;
    lineFiles ??= new (await import("../files/line_files.js")).LineFiles();
    return lineFiles.open("dead_letter_file", deadLetters.file, deadLetters.maxBytes);
  };
  let stateFiles: StateFiles | undefined;
  const openStateFile = async ({ stateFile, connection }: Config, log: Log) => {
    if (stateFile === undefined) return undefined;
    const token = () => `${now().toString(36)}-${random().toString(36).slice(2)}`;
    stateFiles ??= new (await import("../files/state_files.js")).StateFiles(token);
    const { stream, region, endpoint = kinesisEndpointOf(environment) ?? "" } = connection;
    const { sha256: digest, sleep } = dependencies;
    const stateDependencies: StateFileDependencies = { destination: { stream, region, endpoint }, digest, epochNow: now, now: steadyNow, sleep, log };
    return stateFiles.open("state_file", stateFile, stateDependencies);
  };
  return async (number, read, requestId) => {
    const host = binding.outputInstance(requestId);
    const log = logOf(number, host, dependencies);
    const misspelled = misspelledOptions(optionNames, (names) => binding.setOptions(requestId, names));
    for (const { message } of misspelled) log.warning(message);
    const zoneAbbreviation: Parameters<typeof readConfig>[2] = (epochSeconds, zone) => {
      const known = zone === undefined ? binding.zoneAbbreviation(epochSeconds) : "";
      return known || dependencies.zoneName(epochSeconds, zone);
    };
    const config = readConfig(read, log, zoneAbbreviation, await defaultRegion(read, environment));
    const compress = await compressorOf(config, dependencies.nodeVersion);
    const instanceEnvironment = readInstanceEnvironment(environment);
    const network = await readNetworkEnvironment(environment);
    if (environment["NODE_TLS_REJECT_UNAUTHORIZED"] === "0") {
      log.warning("NODE_TLS_REJECT_UNAUTHORIZED is 0: TLS certificates are not verified, so anyone can impersonate AWS; set AWS_CA_BUNDLE instead");
    }
    const options = { ...config.connection, eksPodExecutionRole: instanceEnvironment.eksPodExecutionRole };
    log.info(startLine(config, credentialSource(options, environment), dependencies));
    const bodies = new RequestBodies(options.stream, config.requestFormat, random, shared.sinks, () => {
      log.warning("The endpoint does not accept CBOR requests; the plugin sends JSON from now on. Set 'request_format json' to start with JSON");
    });
    const deadLetterFile = await openDeadLetterFile(config);
    const stateFile = await openStateFile(config, log).catch(async (error: unknown) => {
      await deadLetterFile?.close();
      throw error;
    });
    return openOutput(config, instanceEnvironment, {
      log,
      ...openMetrics(requestId, host?.name, config, log, binding),
      client: lateClient(async () => {
        const { CredentialSources } = await import("../credentials/credentials.js");
        const { createKinesisClient } = await import("../kinesis/api.js");
        credentialSources ??= new CredentialSources({ now, steadyNow, random });
        return createKinesisClient(options, credentialSources.open(options, { network, log }), version, bodies, network);
      }),
      now: steadyNow,
      epochNow: now,
      digest: dependencies.sha256,
      exitProcess: (status) => binding.exitProcess(status),
      ...{ shared, random, compress, deadLetterFile, stateFile, sleep: dependencies.sleep, md5: dependencies.md5, md5Ready: dependencies.md5Ready },
    });
  };
}

/** Finds the region of an output without the option `region`. @throws ConfigurationError */
async function defaultRegion(read: OptionReader, environment: Environment): Promise<DefaultRegion | undefined> {
  if ((read("region") ?? "") !== "") return undefined;
  return findRegion(environment, async () => {
    const { readProfileRegion } = await import("../credentials/profile_region.js");
    return readProfileRegion(read("profile"), environment);
  });
}

/** Returns the compressor of an output; undefined without compression. @throws ConfigurationError when Node lacks the algorithm */
async function compressorOf({ compression }: Config, nodeVersion: string): Promise<Compress | undefined> {
  if (compression === undefined) return undefined;
  return (await import("../pack/compression.js")).compressorFor(compression, nodeVersion);
}

function logOf(number: number, host: ReturnType<Binding["outputInstance"]>, { log, hostLog, outputLevels }: OutputFactoryDependencies): Log {
  if (hostLog === undefined || host === undefined) return prefixed(log, `[kinesis ${number}] `);
  const { name, logLevel } = host;
  outputLevels.open(number, logLevel);
  return prefixed(createHostLog(() => logLevel, hostLog), `[output:kinesis:${name}] `);
}

/** Returns the line about the output that is logged at its start. */
function startLine({ connection }: Config, credentials: string, { binding, environment, nodeVersion }: OutputFactoryDependencies): string {
  const { stream, region, endpoint = kinesisEndpointOf(environment) ?? "of the region" } = connection;
  return `stream ${stream}, region ${region}, endpoint ${endpoint}; credentials: ${credentials}; version ${version}; Node.js ${nodeVersion} runs ${binding.place}`;
}

function openMetrics(
  requestId: number,
  name: string | undefined,
  { connection, record }: Config,
  log: Log,
  binding: Pick<Binding, "openMetrics" | "addMetricSeries" | "updateMetrics">,
): Pick<OutputDependencies, "metrics" | "metricsOf"> {
  const number = name === undefined ? 0 : binding.openMetrics(requestId, metricDefinitions(name, connection.stream));
  if (number === 0) {
    log.debug("This Fluent Bit does not accept metrics from plugins");
    return { metrics: noMetrics, metricsOf: () => noMetrics };
  }
  const metrics = new GatheredMetrics((pairs) => void binding.updateMetrics(number, pairs));
  if (record.streamKey === undefined) return { metrics, metricsOf: () => metrics };
  const streams = new StreamMetrics(metrics, (stream) => binding.addMetricSeries(number, streamLabel, stream));
  return { metrics, metricsOf: (stream) => streams.of(stream) };
}
