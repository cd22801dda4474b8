// A Kinesis that accepts all requests immediately, and counts for each stream: requests, Kinesis records, bytes.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { isAggregate } from "../../support/deaggregate.js";

export interface Count {
  readonly requests: number;
  readonly entries: number;
  readonly aggregates: number;
  /** Bytes of data and partition keys, as for the limits of shards. */
  readonly bytes: number;
}

interface PutRecordsBody {
  readonly StreamName: string;
  readonly Records: readonly { readonly Data: string; readonly PartitionKey: string }[];
}

const nothing: Count = { requests: 0, entries: 0, aggregates: 0, bytes: 0 };

export class CountingKinesis {
  #counts = new Map<string, Count>();
  readonly #server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const { StreamName: stream, Records: records } = JSON.parse(Buffer.concat(parts).toString()) as PutRecordsBody;
      this.#count(stream, records);
      const results = records.map(() => ({ SequenceNumber: "1", ShardId: "shardId-000000000000" }));
      response.writeHead(200, { "content-type": "application/x-amz-json-1.1" });
      response.end(JSON.stringify({ FailedRecordCount: 0, Records: results }));
    });
  });

  static async start(): Promise<CountingKinesis> {
    const kinesis = new CountingKinesis();
    await new Promise<void>((resolve) => kinesis.#server.listen(0, "127.0.0.1", resolve));
    return kinesis;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resets the counts. */
  reset(): void {
    this.#counts = new Map();
  }

  of(stream: string): Count {
    return this.#counts.get(stream) ?? nothing;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #count(stream: string, records: PutRecordsBody["Records"]): void {
    const before = this.of(stream);
    let { bytes, aggregates } = before;
    for (const { Data: text, PartitionKey: partitionKey } of records) {
      const data = Buffer.from(text, "base64");
      bytes += data.length + Buffer.byteLength(partitionKey);
      if (isAggregate({ shardId: "", sequenceNumber: "", partitionKey, data })) aggregates++;
    }
    this.#counts.set(stream, { requests: before.requests + 1, entries: before.entries + records.length, aggregates, bytes });
  }
}
