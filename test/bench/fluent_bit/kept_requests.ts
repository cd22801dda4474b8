// Writes and reads the file in which the benchmark's server keeps request bodies, for checking the records.
import { appendFileSync } from "node:fs";

const headBytes = 5;

export interface KeptRequest {
  readonly body: Buffer;
  readonly isCbor: boolean;
}

/** Appends a body: its length in four bytes, its form in one, then the body. */
export function keepRequest(file: string, { body, isCbor }: KeptRequest): void {
  const head = Buffer.alloc(headBytes);
  head.writeUInt32LE(body.length);
  head[4] = isCbor ? 1 : 0;
  appendFileSync(file, Buffer.concat([head, body]));
}

/** Yields the requests in the content of such a file, in order of arrival. */
export function* keptRequests(kept: Buffer): Generator<KeptRequest> {
  for (let at = 0; at < kept.length; ) {
    const end = at + headBytes + kept.readUInt32LE(at);
    yield { body: kept.subarray(at + headBytes, end), isCbor: kept[at + 4] === 1 };
    at = end;
  }
}
