// Prints the records of a local Kinesis, shard by shard. Its signatures are fake, so AWS itself would reject its requests.
import { setTimeout as sleep } from "node:timers/promises";

const { KINESIS_ENDPOINT: endpoint, KINESIS_STREAM: stream, AWS_REGION: region } = process.env;

/** Makes one call of the Kinesis API; a local Kinesis checks only the form of the signature. */
async function call(action, body) {
  const day = new Date().toISOString().slice(0, 10).replaceAll("-", "");
  const response = await fetch(endpoint, {
    method: "POST",
    headers: {
      "Content-Type": "application/x-amz-json-1.1",
      "X-Amz-Target": `Kinesis_20131202.${action}`,
      "X-Amz-Date": `${day}T000000Z`,
      Authorization: `AWS4-HMAC-SHA256 Credential=local/${day}/${region}/kinesis/aws4_request, SignedHeaders=host, Signature=local`,
    },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${action} failed with status ${response.status}: ${text}`);
  return JSON.parse(text);
}

const { Shards: shards } = await call("ListShards", { StreamName: stream });
await Promise.all(
  shards.map(async ({ ShardId }) => {
    const start = { StreamName: stream, ShardId, ShardIteratorType: "TRIM_HORIZON" };
    let { ShardIterator: iterator } = await call("GetShardIterator", start);
    while (iterator) {
      const page = await call("GetRecords", { ShardIterator: iterator });
      for (const record of page.Records) {
        const text = Buffer.from(record.Data, "base64").toString("utf8").trimEnd();
        console.log(`${ShardId} ${record.PartitionKey}: ${text}`);
      }
      iterator = page.NextShardIterator;
      await sleep(500);
    }
  }),
);
