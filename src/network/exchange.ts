/** Sends one HTTP request over Node's client, and reads the whole response within limits of size and time. */
import {
  request as plainRequest,
  type Agent as PlainAgent,
  type ClientRequest,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from "node:http";
import { request as secureRequest, type Agent as SecureAgent } from "node:https";
import type { Readable } from "node:stream";
import { plainBody, withoutEncoding } from "./content_coding.js";
import { isRedirect, redirectError } from "./redirect.js";

/** The address of a request, its connections, and the limits of its response. */
export interface ExchangeTarget {
  readonly isSecure: boolean;
  readonly hostname: string;
  readonly port: number | undefined;
  readonly path: string;
  readonly agent: PlainAgent | SecureAgent;
  readonly connectionTimeoutMs: number;
  /** Limit for a connection on which no byte moves. */
  readonly idleTimeoutMs: number;
  /** Maximum bytes of a response's body; a longer one fails the request. */
  readonly maxResponseBytes: number;
}

/** The request to send. */
export interface ExchangeRequest {
  readonly method: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Uint8Array;
}

/** Watches one exchange. */
export interface ExchangeWatcher {
  /** Receives the function that ends the exchange early. The exchange rejects with the given reason. */
  onEnd(end: (reason?: Error) => void): void;
  /** Called when the connection is open, and when a part of the request has been handed to the kernel. */
  moved(): void;
}

/** A complete response, in the SDK's form. */
export interface HttpResponse {
  readonly statusCode: number;
  readonly reason: string | undefined;
  readonly headers: IncomingHttpHeaders;
  body: Buffer;
  /** Whether the whole request had been sent by then, so that the memory of its body is no longer read. */
  readonly isRequestSent: boolean;
}

/**
 * Size of the parts in which a body is written. Node reports no progress within one write, and an upload without progress times out
 * after 10 s: an uplink of 210 kbit/s sends one part in that time. Smaller parts cost more CPU: 500 log lines fill about two parts.
 */
const partBytes = 256 * 1024;

/** Maximum responses with status 1xx before the final one. The plugin requests none, and a proxy adds one or two. */
const maxInterimResponses = 8;

/** Sends a request and reads the whole response. Rejects with Node's errors, or a TimeoutError, InvalidResponse, EncodedResponse or Redirected. */
export function exchange(target: ExchangeTarget, request: ExchangeRequest, watcher: ExchangeWatcher): Promise<HttpResponse> {
  const { isSecure, hostname, port, path, agent, connectionTimeoutMs, idleTimeoutMs, maxResponseBytes } = target;
  const { method, headers, body } = request;
  return new Promise((resolve, reject) => {
    let connecting: NodeJS.Timeout | undefined;
    let interimResponses = 0;
    const moved = () => watcher.moved();
    const options = { method, host: hostname, port, path, agent, headers: { ...withoutEncoding, ...headers }, timeout: idleTimeoutMs };
    const sent = (isSecure ? secureRequest : plainRequest)(options, (response) => {
      const { statusCode = 0, statusMessage: reason, headers: responseHeaders } = response;
      if (isRedirect(statusCode)) return fail(redirectError(statusCode, responseHeaders, target));
      readBody(response, maxResponseBytes)
        .then((read) => plainBody(read, statusCode, responseHeaders, maxResponseBytes))
        .then((read) => resolve({ statusCode, reason, headers: responseHeaders, body: read, isRequestSent: sent.writableFinished }), fail);
    });
    /** Rejects directly: a destroyed request whose socket is gone emits no event. */
    const fail = (error: Error) => {
      clearTimeout(connecting);
      reject(error);
      sent.destroy();
    };
    const failForTime = (what: string, timeoutMs: number) => fail(timeoutError(`${what} within ${timeoutMs / 1000} s`));
    sent.on("socket", (socket) => {
      // Not earlier: an HTTP proxy's agent rewrites the header at this point, and Node would send it again before a later part.
      writeInParts(sent, body, moved);
      if (!socket.connecting) return moved();
      connecting = setTimeout(() => failForTime("no connection", connectionTimeoutMs), connectionTimeoutMs).unref();
      socket.once(isSecure ? "secureConnect" : "connect", () => {
        clearTimeout(connecting);
        moved();
      });
    });
    sent.on("finish", moved);
    sent.on("timeout", () => failForTime("nothing moved", idleTimeoutMs));
    sent.on("error", fail);
    // Without an `upgrade` listener, Node closes the socket of a 101 response and emits no further event.
    sent.on("upgrade", (_, socket) => {
      socket.destroy();
      fail(invalidResponse("the response is 101 Switching Protocols, which was not requested (is there a proxy in between?)"));
    });
    sent.on("information", ({ statusCode }) => {
      if (++interimResponses <= maxInterimResponses) return;
      fail(invalidResponse(`more than ${maxInterimResponses} interim responses (the last with status ${statusCode}), and no final one`));
    });
    watcher.onEnd((reason = new Error("the request was ended")) => fail(reason));
  });
}

/** Writes a body, each part after the previous one has been sent, and ends the request. @param moved is called after each part but the last */
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

/** Reads the whole body of a response. Rejects with the stream's error, or when the body is longer than `maxBytes`. */
function readBody(stream: Readable, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    stream.on("data", (part: Buffer) => {
      parts.push(part);
      bytes += part.length;
      if (bytes <= maxBytes) return;
      reject(invalidResponse(`the response has more than ${maxBytes} bytes; is it the address of the service?`));
      stream.destroy();
    });
    stream.on("error", reject);
    stream.on("end", () => resolve(parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)));
  });
}

function timeoutError(message: string): Error {
  return Object.assign(new Error(message), { name: "TimeoutError" });
}

function invalidResponse(message: string): Error {
  return Object.assign(new Error(message), { name: "InvalidResponse" });
}
