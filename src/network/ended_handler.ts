/** Ends requests of the SDK's clients by a signal: most functions that use such a client take none. */
import type { RoutedHttpHandler } from "./http_handler.js";
import { adviseOnRedirect } from "./redirect.js";

/** The methods of a handler that clients call. */
export type HandlerMethods = Pick<
  RoutedHttpHandler,
  "metadata" | "handle" | "destroy" | "updateHttpClientConfig" | "httpHandlerConfigs"
>;

/**
 * Returns a handler that sends through the given one and ends its own requests with the signal.
 * @param settings lead to the service, for the error of one that redirects
 */
export function endedBy(signal: AbortSignal, handler: HandlerMethods, settings: string): HandlerMethods {
  return {
    metadata: handler.metadata,
    handle: (request, options) =>
      handler.handle(request, { ...options, abortSignal: signal }).catch((error: unknown) => {
        throw adviseOnRedirect(error, settings);
      }),
    destroy: () => handler.destroy(),
    updateHttpClientConfig: () => handler.updateHttpClientConfig(),
    httpHandlerConfigs: () => handler.httpHandlerConfigs(),
  };
}
