/** Ends requests of the SDK's clients by a signal: most functions that use such a client take none. */
import type { RoutedHttpHandler } from "./http_handler.js";

/** The methods of a handler that clients call. */
export type HandlerMethods = Pick<
  RoutedHttpHandler,
  "metadata" | "handle" | "destroy" | "updateHttpClientConfig" | "httpHandlerConfigs"
>;

/** Returns a handler that sends through the given one and ends its own requests with the signal. */
export function endedBy(signal: AbortSignal, handler: HandlerMethods): HandlerMethods {
  return {
    metadata: handler.metadata,
    handle: (request, options) => handler.handle(request, { ...options, abortSignal: signal }),
    destroy: () => handler.destroy(),
    updateHttpClientConfig: () => handler.updateHttpClientConfig(),
    httpHandlerConfigs: () => handler.httpHandlerConfigs(),
  };
}
