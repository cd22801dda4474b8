// Times a PutRecords request over TLS to the benchmark's server, from entries to the response: ours against the AWS SDK's client.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Agent } from "node:https";
import { KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import type { EntryView } from "../../../src/pack/entry_table.js";
import { RenewingCredentials } from "../../../src/credentials/renewing_credentials.js";
import { trustOnly } from "../../../src/network/certificate_authorities.js";
import { directNetwork } from "../../../src/network/network.js";
import { createKinesisClient } from "../../../src/kinesis/api.js";
import { RecordedLog } from "../../support/recorded_log.js";
import { renewalClock } from "../../support/renewal_clock.js";
import { recordsIn } from "../fluent_bit/arrival_check.js";
import { KinesisProcess } from "../fluent_bit/kinesis_process.js";
import { type Case, mustEqual } from "../stage.js";
import { requestEntries } from "./request_body.js";
import { bodiesFor } from "../../support/request_bodies.js";
import { tableOf } from "../../support/entry.js";

const identity = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "dummy-secret" };

interface Sender {
  /** Returns a function that sends these entries. */
  readonly sends: (entries: readonly EntryView[]) => () => Promise<unknown>;
  readonly close: () => void;
}

async function ourSender({ endpoint: { port, certificateFile } }: KinesisProcess): Promise<Sender> {
  const credentials = new RenewingCredentials(() => Promise.resolve(identity), { log: new RecordedLog(), ...renewalClock });
  const connection = { region: "us-west-2", stream: "logs", endpoint: `https://localhost:${port}`, requestTimeoutMs: 0 };
  const roles = { profile: undefined, roleArn: undefined, externalId: undefined, stsEndpoint: undefined };
  const network = { ...directNetwork, trust: (await trustOnly(certificateFile)).context };
  const client = createKinesisClient({ ...connection, ...roles }, credentials, "1.2.3", bodiesFor("logs"), network);
  const sends = (entries: readonly EntryView[]) => {
    const request = tableOf(entries);
    return async () => {
      const outcome = await client.putRecords(...request);
      if (outcome.kind === "failed") throw new Error(outcome.message);
    };
  };
  return { sends, close: () => client.close() };
}

function sdkSender({ endpoint: { port, certificateFile } }: KinesisProcess): Sender {
  const httpsAgent = new Agent({ keepAlive: true, ca: readFileSync(certificateFile) });
  const requestHandler = new NodeHttpHandler({ httpsAgent });
  const endpoint = `https://localhost:${port}`;
  const client = new KinesisClient({ region: "us-west-2", endpoint, credentials: identity, requestHandler });
  const sends = (entries: readonly EntryView[]) => () => {
    const records = entries.map(({ data, partitionKey }) => ({ Data: data, PartitionKey: partitionKey }));
    return client.send(new PutRecordsCommand({ StreamName: "logs", Records: records }));
  };
  return { sends, close: () => client.destroy() };
}

/** Sends one request with each sender and checks it. */
async function checkSenders(folder: string, entries: readonly EntryView[]): Promise<void> {
  const keptFile = path.join(folder, "requests");
  const kinesis = await KinesisProcess.start(folder, keptFile);
  for (const makeSender of [ourSender, sdkSender]) {
    const sender = await makeSender(kinesis);
    await sender.sends(entries)();
    sender.close();
    const arrived = existsSync(keptFile) ? recordsIn(readFileSync(keptFile)) : [];
    rmSync(keptFile, { force: true });
    const expected = entries.map(({ data }) => JSON.parse(Buffer.from(data).toString()) as unknown);
    mustEqual(JSON.stringify(arrived), JSON.stringify(expected), `records sent by ${makeSender.name}`);
  }
  await kinesis.stop();
}

/** Returns cases with a server that runs until `close`. */
export async function sendingCases(): Promise<{ readonly cases: Case[]; readonly close: () => Promise<void> }> {
  const folder = mkdtempSync(path.join(tmpdir(), "kinesis-bench-"));
  await checkSenders(folder, requestEntries(1));
  const kinesis = await KinesisProcess.start(folder);
  const [ours, sdk] = [await ourSender(kinesis), sdkSender(kinesis)];
  const cases = ([["500 records of 450 bytes", 1], ["500 records of 10 KB", 22]] as const).map(([name, times]): Case => {
    const entries = requestEntries(times);
    return {
      stage: "request over TLS",
      name,
      records: entries.length,
      bytes: entries.reduce((sum, { data }) => sum + data.length, 0),
      ours: { name: "ours", run: ours.sends(entries) },
      others: [{ name: "the SDK's client, HTTP/1.1", run: sdk.sends(entries) }],
    };
  });
  const close = async (): Promise<void> => {
    ours.close();
    sdk.close();
    await kinesis.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { cases, close };
}
