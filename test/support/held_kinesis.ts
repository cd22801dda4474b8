// A Kinesis on this machine that accepts, holds or throttles requests, as the test sets at any moment.
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

interface PutRecordsBody {
  readonly StreamName?: string;
  readonly Records: readonly { readonly Data: string }[];
}

export interface TakenRecord {
  readonly stream: string;
  readonly data: Uint8Array;
}

/** "hold" keeps each request without a response until `release`. */
export type Mood = "take" | "hold" | "throttle";

const LONGEST_WAIT_MS = 60_000;

export class HeldKinesis {
  mood: Mood = "take";
  /** Latency of the response to an accepted request, in milliseconds. */
  responseMs = 0;
  /** Number of requests, number of those whose client hung up before the response, and the accepted records. */
  requested = 0;
  left = 0;
  readonly taken: TakenRecord[] = [];
  readonly #held: (() => void)[] = [];
  readonly #server = createServer((request, response) => {
    const parts: Buffer[] = [];
    response.once("close", () => {
      if (!response.writableEnded) this.left++;
    });
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const body = JSON.parse(Buffer.concat(parts).toString("utf8")) as PutRecordsBody;
      this.requested++;
      if (this.mood === "throttle") throttle(response);
      else if (this.mood === "hold") this.#held.push(() => this.#take(body, response));
      else if (this.responseMs > 0) setTimeout(() => this.#take(body, response), this.responseMs);
      else this.#take(body, response);
    });
  });

  static async start(): Promise<HeldKinesis> {
    const kinesis = new HeldKinesis();
    await new Promise<void>((resolve) => kinesis.#server.listen(0, "127.0.0.1", resolve));
    return kinesis;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Responds to all held requests, and from now on to each immediately. */
  release(): void {
    this.mood = "take";
    for (const take of this.#held.splice(0)) take();
  }

  /** Waits until there were this many requests in total. */
  async untilRequested(count: number): Promise<void> {
    await until(() => this.requested >= count, () => `only ${this.requested} of ${count} requests came`);
  }

  /** Waits until this many clients have hung up: `release` then does not accept their held requests. */
  async untilHungUp(count: number): Promise<void> {
    await until(() => this.left >= count, () => `only ${this.left} of ${count} senders hung up`);
  }

  /** Waits until this many records were accepted. */
  async untilTaken(count: number): Promise<void> {
    await until(() => this.taken.length >= count, () => `only ${this.taken.length} of ${count} records were taken`);
  }

  async destroy(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #take({ StreamName: stream = "", Records: records }: PutRecordsBody, response: ServerResponse): void {
    // A client that has hung up gets no response, so its records do not count as accepted.
    if (response.destroyed) return;
    for (const { Data: data } of records) this.taken.push({ stream, data: Buffer.from(data, "base64") });
    const results = records.map(() => ({ SequenceNumber: "1", ShardId: "shardId-000000000000" }));
    response.setHeader("content-type", "application/x-amz-json-1.1");
    response.end(JSON.stringify({ FailedRecordCount: 0, Records: results }));
  }
}

function throttle(response: ServerResponse): void {
  response.writeHead(400, { "content-type": "application/x-amz-json-1.1" });
  response.end(JSON.stringify({ __type: "ProvisionedThroughputExceededException", message: "Rate exceeded" }));
}

async function until(isSo: () => boolean, failure: () => string): Promise<void> {
  const deadline = Date.now() + LONGEST_WAIT_MS;
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error(failure());
    await sleep(10);
  }
}
