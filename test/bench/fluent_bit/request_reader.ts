// Reads HTTP requests from one connection: each with Content-Length, as AWS's clients send them.
import { headerEnd } from "./responses.js";

const largestRequestBytes = 16 * 1024 * 1024;

/** @param body valid only during the call */
export type RequestTaker = (head: string, body: Buffer) => void;

export class RequestReader {
  #bytes = Buffer.allocUnsafe(1024 * 1024);
  #length = 0;
  /** Length of the current request, headers included; 0 while its headers are incomplete. */
  #requestLength = 0;
  #bodyAt = 0;
  #head = "";

  constructor(readonly onRequest: RequestTaker) {}

  /** Takes the next bytes of the connection and calls `onRequest` for each request that they complete. */
  take(part: Buffer): void {
    if (this.#length + part.length > this.#bytes.length) this.#grow(this.#length + part.length);
    part.copy(this.#bytes, this.#length);
    this.#length += part.length;
    while (this.#hasWholeRequest()) {
      this.onRequest(this.#head, this.#bytes.subarray(this.#bodyAt, this.#requestLength));
      this.#bytes.copyWithin(0, this.#requestLength, this.#length);
      this.#length -= this.#requestLength;
      this.#requestLength = 0;
    }
  }

  #grow(needed: number): void {
    if (needed > largestRequestBytes) throw new Error(`a request of ${needed} bytes or more`);
    const bytes = Buffer.allocUnsafe(needed * 2);
    this.#bytes.copy(bytes, 0, 0, this.#length);
    this.#bytes = bytes;
  }

  #hasWholeRequest(): boolean {
    if (this.#requestLength === 0) {
      const end = this.#bytes.subarray(0, this.#length).indexOf(headerEnd);
      if (end < 0) return false;
      this.#head = this.#bytes.toString("latin1", 0, end);
      const contentLength = /^content-length: *(\d+)/im.exec(this.#head)?.[1];
      if (contentLength === undefined) throw new Error(`a request without Content-Length:\n${this.#head}`);
      this.#bodyAt = end + headerEnd.length;
      this.#requestLength = this.#bodyAt + Number(contentLength);
    }
    return this.#length >= this.#requestLength;
  }
}
