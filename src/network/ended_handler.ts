/** Ends requests of the SDK's clients by a signal: most functions that use such a client accept no signal. */
import type { RoutedHttpHandler } from "./http_handler.js";
import { adviseOnRedirect } from "./redirect.js";

/** The methods of a handler that the SDK's clients call. */
export type HandlerMethods = Pick<
  RoutedHttpHandler,
  "metadata" | "handle" | "destroy" | "updateHttpClientConfig" | "httpHandlerConfigs"
>;

/**
 * Returns a handler that sends through the given one and ends its own requests with the signal.
 * @param settings names the settings to check when the service redirects
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
