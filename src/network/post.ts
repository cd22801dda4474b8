/** One POST over Node's own HTTP, without the layers of the SDK's handler. */
import {
  request as plainRequest,
  type Agent as PlainAgent,
  type ClientRequest,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from "node:http";
import { request as secureRequest, type Agent as SecureAgent } from "node:https";
import type { Readable } from "node:stream";

/** Where a POST goes, and over which connections. */
export interface PostTarget {
  readonly isSecure: boolean;
  readonly hostname: string;
  readonly port: number | undefined;
  readonly path: string;
  readonly agent: PlainAgent | SecureAgent;
  readonly connectionTimeoutMs: number;
  /** Of a connection on which nothing moves. */
  readonly idleTimeoutMs: number;
}

/** Watches one POST. */
export interface PostWatcher {
  /** Receives the function that ends the request early. */
  onEnd(end: () => void): void;
  /** Is called when the connection is open, and when a part of the request has been handed to the kernel. */
  moved(): void;
}

/** An answer, read to its end; in the form that the SDK has them. */
export interface Answer {
  readonly statusCode: number;
  readonly reason: string | undefined;
  readonly headers: IncomingHttpHeaders;
  body: Buffer;
}

/** Several times the longest answer of the service: 500 records with a reason for each that was not taken. */
const mostAnswerBytes = 4 * 1024 * 1024;

/**
 * Node reports no progress within one write, and an upload that does not move is given up after 10 s: an uplink of
 * 210 kbit/s takes one part in that time. Smaller parts cost more CPU: 500 log lines fill about two parts of this size.
 */
const partBytes = 256 * 1024;

/** Sends a body and reads the answer to its end. Rejects with Node's errors, or a TimeoutError. */
export function post(target: PostTarget, headers: OutgoingHttpHeaders, body: Uint8Array, watcher: PostWatcher): Promise<Answer> {
  const { isSecure, hostname, port, path, agent, connectionTimeoutMs, idleTimeoutMs } = target;
  return new Promise((resolve, reject) => {
    let connecting: NodeJS.Timeout | undefined;
    const moved = () => watcher.moved();
    const options = { method: "POST", host: hostname, port, path, agent, headers, timeout: idleTimeoutMs };
    const sent = (isSecure ? secureRequest : plainRequest)(options, (response) => {
      const { statusCode = 0, statusMessage: reason, headers: answered } = response;
      readBody(response).then((body) => resolve({ statusCode, reason, headers: answered, body }), reject);
    });
    const endForTime = (what: string, timeoutMs: number) => sent.destroy(timeoutError(`${what} within ${timeoutMs / 1000} s`));
    sent.on("socket", (socket) => {
      // Not earlier: an HTTP proxy's agent writes the header anew at this point, and Node would repeat it before a later part.
      writeInParts(sent, body, moved);
      if (!socket.connecting) return moved();
      connecting = setTimeout(() => endForTime("no connection", connectionTimeoutMs), connectionTimeoutMs).unref();
      socket.once(isSecure ? "secureConnect" : "connect", () => {
        clearTimeout(connecting);
        moved();
      });
    });
    sent.on("finish", moved);
    sent.on("timeout", () => endForTime("nothing moved", idleTimeoutMs));
    sent.on("error", (error) => {
      clearTimeout(connecting);
      reject(error);
    });
    watcher.onEnd(() => sent.destroy());
  });
}

/** Writes a body, each part after the one before has left, and ends the request. @param moved is called after each part but the last */
function writeInParts(request: ClientRequest, body: Uint8Array, moved: () => void): void {
  if (body.length <= partBytes) {
    request.end(body);
    return;
  }
  request.write(body.subarray(0, partBytes), (error) => {
    if (error != null) return;
    moved();
    writeInParts(request, body.subarray(partBytes), moved);
  });
}

/** Reads an answer's body to its end. Rejects with the stream's error, or when it is longer than any of the service. */
export function readBody(stream: Readable): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    stream.on("data", (part: Buffer) => {
      parts.push(part);
      bytes += part.length;
      if (bytes <= mostAnswerBytes) return;
      const message = `the answer has more than ${mostAnswerBytes} bytes; is it a Kinesis endpoint?`;
      reject(Object.assign(new Error(message), { name: "InvalidAnswer" }));
      stream.destroy();
    });
    stream.on("error", reject);
    stream.on("end", () => resolve(parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)));
  });
}

function timeoutError(message: string): Error {
  return Object.assign(new Error(message), { name: "TimeoutError" });
}
