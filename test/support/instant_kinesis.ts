// An endpoint that accepts every PutRecords immediately and keeps the records in this process: for tests of many records,
// in which kinesis-local would be the slow part.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { bodyIn, contentOf, formOf, recordsIn, type Form } from "./put_records_form.js";

const LONGEST_WAIT_MS = 60_000;

export class InstantKinesis {
  /** Data of all records, in order of arrival. */
  readonly received: Uint8Array[] = [];
  /** Bytes of data and partition keys of each request. */
  readonly requestBytes: number[] = [];
  /** Maximum bytes of a request; larger ones are rejected, and their bytes kept. */
  maxRequestBytes = Number.POSITIVE_INFINITY;
  readonly refusedBytes: number[] = [];
  /** Form of each request. */
  readonly forms: Form[] = [];
  readonly #server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const form = formOf(request.headers);
      const records = recordsIn(form, Buffer.concat(parts));
      this.forms.push(form);
      const bytes = records.reduce((sum, { data, partitionKey }) => sum + data.length + Buffer.byteLength(partitionKey), 0);
      if (bytes > this.maxRequestBytes) {
        this.refusedBytes.push(bytes);
        response.writeHead(400, contentOf(form)).end(bodyIn(form, { __type: "InvalidArgumentException", message: "Records size exceeds 5 MB limit" }));
        return;
      }
      for (const { data } of records) this.received.push(data);
      this.requestBytes.push(bytes);
      const results = records.map(() => ({ SequenceNumber: "1", ShardId: "shardId-000000000000" }));
      response.writeHead(200, contentOf(form)).end(bodyIn(form, { FailedRecordCount: 0, Records: results }));
    });
  });

  static async start(): Promise<InstantKinesis> {
    const kinesis = new InstantKinesis();
    await new Promise<void>((resolve) => kinesis.#server.listen(0, "127.0.0.1", resolve));
    return kinesis;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Waits until this many records have arrived. */
  async untilArrived(count: number): Promise<void> {
    const deadline = Date.now() + LONGEST_WAIT_MS;
    while (this.received.length < count) {
      if (Date.now() > deadline) throw new Error(`only ${this.received.length} of ${count} records arrived`);
      await sleep(20);
    }
  }

  async destroy(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
