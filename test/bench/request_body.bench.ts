// A PutRecords request of 500 records to a local service: our finished body, against the AWS SDK's own way to JSON.
//
// Both go through the SDK's client, signing and HTTP included. Prints its machine.
import { KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { afterAll, bench, describe, expect } from "vitest";
import type { Entry } from "../../src/entry.js";
import { RenewingCredentials } from "../../src/credentials/renewing_credentials.js";
import { createKinesisClient } from "../../src/send/kinesis_client.js";
import { RecordedLog } from "../support/recorded_log.js";
import { ScriptedService } from "../support/scripted_service.js";
import { containerLogs } from "./container_logs.js";
import { tellMachine } from "./machine.js";

const entries: Entry[] = containerLogs(500).map((body, index) => {
  const data = Buffer.from(JSON.stringify(body));
  return { data, partitionKey: `key ${index}`, sizeBytes: data.length + 7, events: index, shardId: undefined };
});
const results = entries.map((_, index) => ({ SequenceNumber: String(index), ShardId: "shardId-000000000000" }));
const body = JSON.stringify({ FailedRecordCount: 0, Records: results });
const service = await ScriptedService.start(() => ({ body, headers: { "content-type": "application/x-amz-json-1.1" } }));
afterAll(() => service.stop());

const identity = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "dummy-secret" };
const credentials = new RenewingCredentials(() => Promise.resolve(identity), { log: new RecordedLog(), now: Date.now });
const connection = { region: "us-west-2", stream: "logs", endpoint: service.endpoint, requestTimeoutMs: 0 };
const roles = { profile: undefined, roleArn: undefined, externalId: undefined, stsEndpoint: undefined };
const ours = createKinesisClient({ ...connection, ...roles }, credentials, "1.2.3");
const sdk = new KinesisClient({
  region: "us-west-2",
  endpoint: service.endpoint,
  credentials: identity,
  requestHandler: new NodeHttpHandler(),
});
const records = entries.map(({ data, partitionKey }) => ({ Data: data, PartitionKey: partitionKey }));
const throughSdk = () => sdk.send(new PutRecordsCommand({ StreamName: "logs", Records: records }));

expect(await ours.putRecords(entries)).toEqual({ kind: "answered", failed: [], strayed: 0 });
await throughSdk();
const [first, second] = service.requests.map((request) => JSON.parse(request.body) as { Records: unknown });
expect(first).toEqual(second);
tellMachine(`request: 500 records, ${service.requests[0]?.body.length ?? 0} bytes of JSON`);

describe("PutRecords of 500 records", () => {
  bench("ours, a finished body", async () => {
    await ours.putRecords(entries);
  });
  bench("the SDK's own way", async () => {
    await throughSdk();
  });
});
