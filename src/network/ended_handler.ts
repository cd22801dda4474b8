/** Ends requests of the SDK's clients by a signal: most functions that use such a client take none. */
import type { NodeHttpHandler } from "@smithy/node-http-handler";

/** The methods of a handler that clients call. */
export type HandlerMethods = Pick<
  NodeHttpHandler,
  "metadata" | "handle" | "destroy" | "updateHttpClientConfig" | "httpHandlerConfigs"
>;

/** Returns a handler that sends through the given one and ends its own requests with the signal. */
export function endedBy(signal: AbortSignal, handler: NodeHttpHandler): HandlerMethods {
  return {
    metadata: handler.metadata,
    handle: (request, options) => handler.handle(request, { ...options, abortSignal: signal }),
    destroy: () => handler.destroy(),
    updateHttpClientConfig: (...change) => handler.updateHttpClientConfig(...change),
    httpHandlerConfigs: () => handler.httpHandlerConfigs(),
  };
}
