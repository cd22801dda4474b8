// Serves a Kinesis that costs next to nothing: takes all records over TLS, counts them, and parses nothing.
//
// A process of its own, so that its work is not counted with Fluent Bit's. It talks with its parent over Node's channel:
// the port when it listens; after a reset (which says how to answer) and a question, the books.
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer, type TLSSocket } from "node:tls";
import { CBOR_TYPE, JSON_TYPE, listShardsAnswer, putRecordsAnswer } from "./answers.js";
import { keepRequest } from "./kept_requests.js";
import { AT_ONCE, type Question } from "./manner.js";
import { RequestReader } from "./request_reader.js";
import { ServerBooks } from "./server_books.js";

const [keyAndCertificateFile = "", keptFile] = process.argv.slice(2);
const recordMark = Buffer.from("PartitionKey");
const books = new ServerBooks();
let manner = AT_ONCE;

/** Counts the marks instead of parsing: a record has one partition key. */
function countRecords(body: Buffer): number {
  let count = 0;
  for (let at = body.indexOf(recordMark); at >= 0; at = body.indexOf(recordMark, at + recordMark.length)) count++;
  return count;
}

function serve(socket: TLSSocket): void {
  /** Requests of this connection that wait for their answer. */
  let waiting = 0;
  const settle = (answer: Buffer): void => {
    if (waiting === 0) return; // The connection was closed, and its requests are settled.
    waiting--;
    books.settled();
    socket.write(answer);
  };
  const reader = new RequestReader((head, body) => {
    if (!/^x-amz-target: *\w+\.PutRecords\r?$/im.test(head)) {
      socket.write(listShardsAnswer);
      return;
    }
    const isCbor = head.toLowerCase().includes(CBOR_TYPE);
    const records = countRecords(body);
    waiting++;
    books.requested(records);
    if (keptFile !== undefined) keepRequest(keptFile, { body, isCbor });
    if (manner.isSilent) return;
    const answer = putRecordsAnswer(records, isCbor && !manner.isCborAnsweredInJson ? CBOR_TYPE : JSON_TYPE);
    if (manner.latencyMs === 0) settle(answer);
    else setTimeout(settle, manner.latencyMs, answer);
  });
  socket.setNoDelay(true);
  socket.on("error", () => undefined);
  socket.on("data", (part: Buffer) => {
    books.received(part.length);
    reader.take(part);
  });
  socket.on("close", () => {
    books.settled(waiting);
    waiting = 0;
  });
}

const { server: identity } = JSON.parse(readFileSync(keyAndCertificateFile, "utf8")) as {
  readonly server: { readonly key: string; readonly cert: string };
};
const server = createServer({ ...identity, ALPNProtocols: ["http/1.1"] }, serve);
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));

process.on("message", (question: Question) => {
  if (question.ask === "reset") {
    manner = question.manner;
    books.reset();
  }
  process.send?.(books.read());
});
process.on("disconnect", () => process.exit());
