// Serves a Kinesis with minimal cost: accepts all records over TLS, counts them, and parses nothing.
//
// A separate process, so that its work is not counted with Fluent Bit's. It talks with its parent over Node's channel:
// sends the port when it listens, and the counts after each command.
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer, type TLSSocket } from "node:tls";
import { CBOR_TYPE, JSON_TYPE, listShardsResponse, putRecordsResponse } from "./responses.js";
import { keepRequest } from "./kept_requests.js";
import { IMMEDIATE, type ServerCommand } from "./server_behavior.js";
import { RequestReader } from "./request_reader.js";
import { ServerCounts } from "./server_counts.js";

const [keyAndCertificateFile = "", keptFile] = process.argv.slice(2);
const recordMark = Buffer.from("PartitionKey");
const counts = new ServerCounts();
let behavior = IMMEDIATE;

/** Counts the partition keys instead of parsing: a record has one. */
function countRecords(body: Buffer): number {
  let count = 0;
  for (let at = body.indexOf(recordMark); at >= 0; at = body.indexOf(recordMark, at + recordMark.length)) count++;
  return count;
}

function serve(socket: TLSSocket): void {
  /** Requests of this connection that wait for their response. */
  let waiting = 0;
  const settle = (response: Buffer): void => {
    if (waiting === 0) return; // The connection was closed, and its requests are settled.
    waiting--;
    counts.settled();
    socket.write(response);
  };
  const reader = new RequestReader((head, body) => {
    if (!/^x-amz-target: *\w+\.PutRecords\r?$/im.test(head)) {
      socket.write(listShardsResponse);
      return;
    }
    const isCbor = head.toLowerCase().includes(CBOR_TYPE);
    const records = countRecords(body);
    waiting++;
    counts.requested(records);
    if (keptFile !== undefined) keepRequest(keptFile, { body, isCbor });
    if (behavior.isSilent) return;
    const response = putRecordsResponse(records, isCbor && !behavior.respondsToCborInJson ? CBOR_TYPE : JSON_TYPE);
    if (behavior.latencyMs === 0) settle(response);
    else setTimeout(settle, behavior.latencyMs, response);
  });
  socket.setNoDelay(true);
  socket.on("error", () => undefined);
  socket.on("data", (part: Buffer) => {
    counts.received(part.length);
    reader.take(part);
  });
  socket.on("close", () => {
    counts.settled(waiting);
    waiting = 0;
  });
}

const { server: identity } = JSON.parse(readFileSync(keyAndCertificateFile, "utf8")) as {
  readonly server: { readonly key: string; readonly cert: string };
};
const server = createServer({ ...identity, ALPNProtocols: ["http/1.1"] }, serve);
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));

process.on("message", (command: ServerCommand) => {
  if (command.command === "reset") {
    behavior = command.behavior;
    counts.reset();
  }
  process.send?.(counts.read());
});
process.on("disconnect", () => process.exit());
