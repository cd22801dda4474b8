// Makes the responses of the benchmark's Kinesis, once for each number of records: PutRecords in JSON and CBOR, ListShards.

export const JSON_TYPE = "application/x-amz-json-1.1";
export const CBOR_TYPE = "application/x-amz-cbor-1.1";
export type BodyType = typeof JSON_TYPE | typeof CBOR_TYPE;

export const headerEnd = Buffer.from("\r\n\r\n");
/** As long as the real service's sequence numbers. */
const sequenceNumber = "4".repeat(56);
const shardId = "shardId-000000000000";
const made = new Map<string, Buffer>();

function cborText(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const head = length < 24 ? [0x60 | length] : [0x78, length];
  return Buffer.concat([Buffer.from(head), Buffer.from(text)]);
}

function jsonBody(records: number): Buffer {
  const record = JSON.stringify({ SequenceNumber: sequenceNumber, ShardId: shardId });
  return Buffer.from(`{"FailedRecordCount":0,"Records":[${Array<string>(records).fill(record).join(",")}]}`);
}

/** 0xa2 is a map of two; 0x99 a list with its length in two bytes. Source: RFC 8949, section 3. */
function cborBody(records: number): Buffer {
  const pairs = [cborText("SequenceNumber"), cborText(sequenceNumber), cborText("ShardId"), cborText(shardId)];
  const record = Buffer.concat([Buffer.from([0xa2]), ...pairs]);
  const list = Buffer.from([0x99, records >> 8, records & 0xff]);
  const failed = [cborText("FailedRecordCount"), Buffer.from([0x00])];
  const all = Array<Buffer>(records).fill(record);
  return Buffer.concat([Buffer.from([0xa2]), ...failed, cborText("Records"), list, ...all]);
}

/** Returns a whole HTTP response. */
function response(body: Buffer, type: BodyType): Buffer {
  const lines = ["HTTP/1.1 200 OK", "x-amzn-RequestId: 0", `Content-Type: ${type}`, `Content-Length: ${body.length}`];
  return Buffer.concat([Buffer.from(lines.join("\r\n")), headerEnd, body]);
}

/** Returns the response to a PutRecords request whose records were all accepted. */
export function putRecordsResponse(records: number, type: BodyType): Buffer {
  const name = `${type} ${records}`;
  const known = made.get(name) ?? response(type === JSON_TYPE ? jsonBody(records) : cborBody(records), type);
  made.set(name, known);
  return known;
}

const oneShard = { ShardId: shardId, HashKeyRange: { StartingHashKey: "0", EndingHashKey: String(2n ** 128n - 1n) } };
/** The response to ListShards: one shard with all hash keys. */
export const listShardsResponse = response(Buffer.from(JSON.stringify({ Shards: [oneShard] })), JSON_TYPE);
