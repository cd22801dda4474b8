// A Kinesis on this machine that takes, holds or throttles requests as the test says at any moment.
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

/** "hold" keeps each request without an answer until `release`. */
export type Mood = "take" | "hold" | "throttle";

const LONGEST_WAIT_MS = 60_000;

export class HeldKinesis {
  mood: Mood = "take";
  /** How long the response to a request that is taken takes. */
  responseMs = 0;
  /** Requests so far, those of them whose sender hung up before it had an answer, and the records answered as taken. */
  asked = 0;
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
      this.asked++;
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

  /** Answers all requests that are held, and from now on each at once. */
  release(): void {
    this.mood = "take";
    for (const take of this.#held.splice(0)) take();
  }

  /** Waits until there were so many requests in all. */
  async untilAsked(count: number): Promise<void> {
    await until(() => this.asked >= count, () => `only ${this.asked} of ${count} requests came`);
  }

  /** Waits until so many senders have hung up: what was held of theirs is not taken by `release` any more. */
  async untilLeft(count: number): Promise<void> {
    await until(() => this.left >= count, () => `only ${this.left} of ${count} senders hung up`);
  }

  /** Waits until so many records were taken. */
  async untilTaken(count: number): Promise<void> {
    await until(() => this.taken.length >= count, () => `only ${this.taken.length} of ${count} records were taken`);
  }

  async destroy(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #take({ StreamName: stream = "", Records: records }: PutRecordsBody, response: ServerResponse): void {
    // Whoever has hung up gets no answer, so nothing counts as taken.
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

async function until(isSo: () => boolean, complaint: () => string): Promise<void> {
  const deadline = Date.now() + LONGEST_WAIT_MS;
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error(complaint());
    await sleep(10);
  }
}
