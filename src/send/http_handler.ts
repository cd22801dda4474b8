/** How the SDK's clients reach their services over HTTP. */
import { NodeHttpHandler } from "@smithy/node-http-handler";

const connectionTimeoutMs = 5000;
/** A connection on which nothing moves for so long is dead, even when http_request_timeout sets no limit. */
const idleTimeoutMs = 60_000;

/** An instance: given plain options, the Kinesis client would build its HTTP/2 handler and open a TLS session per request. */
export function createHttpHandler(): NodeHttpHandler {
  return new NodeHttpHandler({ connectionTimeout: connectionTimeoutMs, socketTimeout: idleTimeoutMs });
}
