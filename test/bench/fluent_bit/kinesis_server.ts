// A Kinesis that costs next to nothing: takes all records at once over TLS, counts them and parses nothing.
//
// A process of its own, so that its work is not counted with Fluent Bit's. It talks with its parent over Node's channel:
// the port when it listens; for "reset", books that are empty; for "books", the books so far. HTTP is read by hand, as
// far as clients of AWS use it: requests with Content-Length, one after the other on a connection.
import { appendFileSync, readFileSync } from "node:fs";
import { createServer, type TLSSocket } from "node:tls";
import type { AddressInfo } from "node:net";
import type { Books } from "./kinesis_process.js";

const [keyAndCertificateFile = "", keptFile] = process.argv.slice(2);
const headerEnd = Buffer.from("\r\n\r\n");
const recordMark = Buffer.from("PartitionKey");
const largestRequestBytes = 16 * 1024 * 1024;
/** As long as those of the real service. */
const sequenceNumber = "4".repeat(56);
const shardId = "shardId-000000000000";

const json = "application/x-amz-json-1.1";
const cbor = "application/x-amz-cbor-1.1";
const empty: Books = { requests: 0, records: 0, bytes: 0, lastRequestMs: 0, cpuMs: 0 };
let books = empty;

/** One record stands in each for its partition key: the marks are counted, not the records parsed. */
function countRecords(body: Buffer): number {
  let count = 0;
  for (let at = body.indexOf(recordMark); at >= 0; at = body.indexOf(recordMark, at + recordMark.length)) count++;
  return count;
}

function cborText(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const head = length < 24 ? [0x60 | length] : [0x78, length];
  return Buffer.concat([Buffer.from(head), Buffer.from(text)]);
}

/** The body of an answer that takes so many records. */
function answerBody(records: number, type: string): Buffer {
  if (type === json) {
    const record = JSON.stringify({ SequenceNumber: sequenceNumber, ShardId: shardId });
    return Buffer.from(`{"FailedRecordCount":0,"Records":[${Array<string>(records).fill(record).join(",")}]}`);
  }
  // 0xa2: a map of two; 0x99: a list with its length in two bytes.
  const pairs = [cborText("SequenceNumber"), cborText(sequenceNumber), cborText("ShardId"), cborText(shardId)];
  const record = Buffer.concat([Buffer.from([0xa2]), ...pairs]);
  const list = Buffer.from([0x99, records >> 8, records & 0xff]);
  const failed = [cborText("FailedRecordCount"), Buffer.from([0x00])];
  const all = Array<Buffer>(records).fill(record);
  return Buffer.concat([Buffer.from([0xa2]), ...failed, cborText("Records"), list, ...all]);
}

function answer(body: Buffer, type: string): Buffer {
  const lines = ["HTTP/1.1 200 OK", "x-amzn-RequestId: 0", `Content-Type: ${type}`, `Content-Length: ${body.length}`];
  return Buffer.concat([Buffer.from(lines.join("\r\n")), headerEnd, body]);
}

const answers = new Map<string, Buffer>();
function answerFor(records: number, type: string): Buffer {
  const name = `${type} ${records}`;
  let known = answers.get(name);
  if (known === undefined) answers.set(name, (known = answer(answerBody(records, type), type)));
  return known;
}
const oneShard = { ShardId: shardId, HashKeyRange: { StartingHashKey: "0", EndingHashKey: String(2n ** 128n - 1n) } };
const listShards = answer(Buffer.from(JSON.stringify({ Shards: [oneShard] })), json);

/** Where a connection's current request is kept until it is whole. */
class Connection {
  #bytes = Buffer.allocUnsafe(1024 * 1024);
  #length = 0;
  /** Of the current request, headers included; 0 while its headers are not all there. */
  #requestLength = 0;
  #bodyAt = 0;
  #head = "";

  constructor(readonly socket: TLSSocket) {
    socket.setNoDelay(true);
    socket.on("error", () => undefined);
    socket.on("data", (part: Buffer) => this.#take(part));
  }

  #take(part: Buffer): void {
    books = { ...books, bytes: books.bytes + part.length };
    if (this.#length + part.length > this.#bytes.length) this.#grow(this.#length + part.length);
    part.copy(this.#bytes, this.#length);
    this.#length += part.length;
    while (this.#hasWholeRequest()) {
      this.#answer(this.#bytes.subarray(this.#bodyAt, this.#requestLength));
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

  #answer(body: Buffer): void {
    if (!/^x-amz-target: *\w+\.PutRecords\r?$/im.test(this.#head)) {
      this.socket.write(listShards);
      return;
    }
    const isCbor = this.#head.toLowerCase().includes(cbor);
    const records = countRecords(body);
    books = { ...books, requests: books.requests + 1, records: books.records + records, lastRequestMs: Date.now() };
    if (keptFile !== undefined) keep(keptFile, body, isCbor);
    this.socket.write(answerFor(records, isCbor ? cbor : json));
  }
}

/** Appends a body: its length in four bytes, its form in one, itself. */
function keep(file: string, body: Buffer, isCbor: boolean): void {
  const head = Buffer.alloc(5);
  head.writeUInt32LE(body.length);
  head[4] = isCbor ? 1 : 0;
  appendFileSync(file, Buffer.concat([head, body]));
}

const { server: identity } = JSON.parse(readFileSync(keyAndCertificateFile, "utf8")) as {
  readonly server: { readonly key: string; readonly cert: string };
};
const server = createServer({ ...identity, ALPNProtocols: ["http/1.1"] }, (socket) => new Connection(socket));
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));

let cpuBefore = process.cpuUsage();
process.on("message", (message) => {
  if (message === "reset") {
    books = empty;
    cpuBefore = process.cpuUsage();
  }
  const { user, system } = process.cpuUsage(cpuBefore);
  process.send?.({ ...books, cpuMs: (user + system) / 1000 });
});
process.on("disconnect", () => process.exit());
