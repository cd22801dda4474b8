/** One POST over Node's own HTTP, without the layers of the SDK's handler. */
import { request as plainRequest, type Agent as PlainAgent, type IncomingHttpHeaders, type OutgoingHttpHeaders } from "node:http";
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
 * Sends a body and reads the answer to its end. Rejects with Node's errors, or a TimeoutError.
 * @param onStart takes what ends the request before its time
 */
export function post(
  target: PostTarget,
  headers: OutgoingHttpHeaders,
  body: Uint8Array,
  onStart: (end: () => void) => void,
): Promise<Answer> {
  const { isSecure, hostname, port, path, agent, connectionTimeoutMs, idleTimeoutMs } = target;
  return new Promise((resolve, reject) => {
    let connecting: NodeJS.Timeout | undefined;
    const options = { method: "POST", host: hostname, port, path, agent, headers, timeout: idleTimeoutMs };
    const sent = (isSecure ? secureRequest : plainRequest)(options, (response) => {
      const { statusCode = 0, statusMessage: reason, headers: answered } = response;
      readBody(response).then((body) => resolve({ statusCode, reason, headers: answered, body }), reject);
    });
    const endForTime = (what: string, timeoutMs: number) => sent.destroy(timeoutError(`${what} within ${timeoutMs / 1000} s`));
    sent.on("socket", (socket) => {
      if (!socket.connecting) return;
      connecting = setTimeout(() => endForTime("no connection", connectionTimeoutMs), connectionTimeoutMs).unref();
      socket.once(isSecure ? "secureConnect" : "connect", () => clearTimeout(connecting));
    });
    sent.on("timeout", () => endForTime("nothing moved", idleTimeoutMs));
    sent.on("error", (error) => {
      clearTimeout(connecting);
      reject(error);
    });
    onStart(() => sent.destroy());
    sent.end(body);
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
