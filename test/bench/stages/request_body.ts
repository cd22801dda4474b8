// Times the body of a PutRecords request: ours, against the AWS SDK's client up to the finished body.
import { KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import type { EntryView } from "../../../src/pack/entry_table.js";
import { ByteSink } from "../../../src/bytes/byte_sink.js";
import { writeJsonBody } from "../../../src/kinesis/json_body.js";
import { containerLogMix } from "../mixes/mixes.js";
import { type Case, mustEqual } from "../stage.js";
import { entryOf, tableOf } from "../../support/entry.js";

const maxRecords = 500;
const target = { StreamName: "logs" };
const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "dummy-secret" };

/** Returns the maximum number of entries of a request, each with `times` logs. */
export function requestEntries(times: number): EntryView[] {
  const bodies = containerLogMix.bodies(maxRecords * times);
  return Array.from({ length: maxRecords }, (_, index) => {
    const data = Buffer.from(bodies.slice(index * times, (index + 1) * times).map((body) => JSON.stringify(body)).join("\n"));
    const partitionKey = `key ${String(index).padStart(4, "0")}`;
    return entryOf({ data, partitionKey, events: index });
  });
}

/** Returns a client whose middleware takes the finished body instead of signing and sending it. */
function bodyOfSdk(entries: readonly EntryView[]): () => Promise<string> {
  const client = new KinesisClient({ region: "us-west-2", credentials });
  let taken = "";
  client.middlewareStack.add(
    () => (args) => {
      taken = (args.request as { readonly body: string }).body;
      return Promise.resolve({ output: { $metadata: {} } as never, response: undefined });
    },
    { step: "finalizeRequest", priority: "high", name: "takeBody" },
  );
  const records = entries.map(({ data, partitionKey }) => ({ Data: data, PartitionKey: partitionKey }));
  return async () => {
    await client.send(new PutRecordsCommand({ ...target, Records: records }));
    return taken;
  };
}

export async function requestBodyCases(): Promise<Case[]> {
  const cases: Case[] = [];
  for (const [name, times] of [["500 records of 450 bytes", 1], ["500 records of 10 KB", 22]] as const) {
    const entries = requestEntries(times);
    const sink = new ByteSink();
    const [table, rows] = tableOf(entries);
    const ours = () => {
      sink.length = 0;
      writeJsonBody(table, rows, target, Math.random, sink);
      return Buffer.from(sink.bytes.buffer, 0, sink.length);
    };
    const sdk = bodyOfSdk(entries);
    const sorted = (body: string) => JSON.stringify((JSON.parse(body) as { Records: unknown }).Records);
    mustEqual(sorted(ours().toString()), sorted(await sdk()), `body of ${name}`);
    cases.push({
      stage: "request body",
      name,
      records: entries.length,
      bytes: entries.reduce((sum, { data }) => sum + data.length, 0),
      ours: { name: "ours", run: ours },
      others: [{ name: "the SDK's client up to there", run: sdk }],
    });
  }
  return cases;
}
