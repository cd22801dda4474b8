/** Queries AWS about the stream of an output, with the credentials that the plugin would use. Sends no records. */
import {
  DescribeStreamSummaryCommand,
  KinesisClient,
  ListShardsCommand,
  type StreamDescriptionSummary,
} from "@aws-sdk/client-kinesis";
import type { Config } from "../../src/options/config.js";
import { CredentialSources } from "../../src/credentials/credentials.js";
import { watched } from "../../src/credentials/renewing_credentials.js";
import { readInstanceEnvironment } from "../../src/options/environment.js";
import { createHttpHandler } from "../../src/network/http_handler.js";
import { readNetworkEnvironment } from "../../src/network/network.js";
import { clientConfig } from "../../src/kinesis/api.js";
import { readFailure } from "../../src/kinesis/failure.js";
import { targetOf } from "../../src/kinesis/stream_target.js";
import type { Finding, Severity } from "./findings.js";
import { failureAdvice } from "./live_failures.js";
import { placeOf, type KinesisOutput } from "./outputs.js";
import type { Environment } from "../../src/network/environment.js";

/** What AWS reported about one output's stream. */
export interface Live {
  /** Source of the credentials, such as "the environment, then role arn:…". */
  readonly credentials: string | undefined;
  readonly facts: readonly string[];
  readonly findings: readonly Finding[];
}

/** Timeout of one call, in milliseconds. */
const timeoutMs = 20_000;

/**
 * Requests the stream's summary and, if the plugin would need it, the list of its shards.
 * @throws ConfigurationError for an invalid environment variable
 */
export async function queryStream(output: KinesisOutput, config: Config, environment: Environment): Promise<Live> {
  const { connection } = config;
  const { eksPodExecutionRole } = readInstanceEnvironment(environment);
  const network = await readNetworkEnvironment(environment);
  const requestHandler = createHttpHandler(network);
  const findings: Finding[] = [];
  const facts: string[] = [];
  let source = connection.profile === undefined ? undefined : `profile '${connection.profile}'`;
  const ignore = () => undefined;
  // The credentials chain logs the source, as debug or info.
  const listen = (message: string) => (source ??= /^Credentials come from (.*)$/u.exec(message)?.[1]);
  const log = { debug: listen, info: listen, warning: ignore, error: ignore };
  const sources = new CredentialSources({ now: Date.now, steadyNow: () => performance.now(), random: Math.random });
  const credentials = sources.open({ ...connection, eksPodExecutionRole }, { network, log });
  const client = new KinesisClient(clientConfig(connection, credentials, requestHandler));
  const target = targetOf(connection.stream);
  const add = (severity: Severity, option: string, rule: string, message: string, advice: string) =>
    findings.push({ severity, place: placeOf(output, option), rule, message, advice });

  /** Returns the response; after a failure adds a finding and returns undefined. */
  async function call<Response>(action: string, request: (abortSignal: AbortSignal) => Promise<Response>): Promise<Response | undefined> {
    try {
      return await watched(request(AbortSignal.timeout(timeoutMs)), credentials);
    } catch (error) {
      const { code, message } = readFailure(error);
      // The plugin itself needs neither call.
      const isForbidden = code.startsWith("AccessDenied") && !message.includes("AssumeRole");
      const text = `${action} failed with ${code}: ${message}`;
      add(isForbidden ? "warning" : "error", "stream", `live-${code}`, text, failureAdvice(code, message, action));
      return undefined;
    }
  }

  try {
    const described = await call("DescribeStreamSummary", (abortSignal) => client.send(new DescribeStreamSummaryCommand(target), { abortSignal }));
    const summary = described?.StreamDescriptionSummary;
    if (summary !== undefined) {
      facts.push(describe(summary));
      judge(summary, config, add);
    }
    if (config.record.streamKey !== undefined) facts.push("stream_key chooses other streams by record or tag: they are not checked");
    const isByShard = config.aggregation !== undefined && config.record.partitionKey !== undefined;
    const isReachable = findings.every(({ severity }) => severity !== "error");
    if (isByShard && isReachable) {
      const listed = await call("ListShards", (abortSignal) => client.send(new ListShardsCommand(target), { abortSignal }));
      if (listed !== undefined) facts.push("ListShards is allowed: each partition key keeps to its own shard");
    }
  } finally {
    client.destroy();
  }
  const roles = [eksPodExecutionRole, connection.roleArn].filter((role) => role !== undefined).map((role) => `role ${role}`);
  return { credentials: source === undefined ? undefined : [source, ...roles].join(", then "), facts, findings };
}

function describe(summary: StreamDescriptionSummary): string {
  const { StreamName: name = "", StreamStatus: status, OpenShardCount: shards = 0, RetentionPeriodHours: hours = 0 } = summary;
  const mode = summary.StreamModeDetails?.StreamMode === "ON_DEMAND" ? "on demand" : "provisioned";
  const encryption = summary.EncryptionType === "KMS" ? "encrypted with KMS" : "not encrypted";
  return `stream ${name}: ${status ?? "of unknown status"}, ${shards} open ${shards === 1 ? "shard" : "shards"} (${mode}), kept for ${hours} h, ${encryption}`;
}

function judge(
  summary: StreamDescriptionSummary,
  config: Config,
  add: (severity: Severity, option: string, rule: string, message: string, advice: string) => void,
): void {
  const status = summary.StreamStatus ?? "";
  if (status === "DELETING") add("error", "stream", "live-status", "the stream is being deleted", "Name another stream");
  if (status === "CREATING") add("warning", "stream", "live-status", "the stream is being created and takes no records yet", "Wait until it is ACTIVE");
  const recordBytes = (summary.MaxRecordSizeInKiB ?? 1024) * 1024;
  if (config.limits.maxRecordBytes > recordBytes) {
    const message = `max_record_size is ${config.limits.maxRecordBytes}, but the stream takes records of up to ${recordBytes} bytes`;
    add("error", "max_record_size", "live-record-size", message, `Set it to ${recordBytes}, or run aws kinesis update-max-record-size`);
  }
}
