/** Distinguishes errors of the SDK in reading a response from errors that the response reports. */

/** Message for a response that is not from the service. */
export const unreadableResponse = "the response is not from the service (is there a proxy in between?)";

/** Name of the errors for such responses. */
export const invalidResponse = "InvalidResponse";

/**
 * Returns whether the SDK could not read a response. Such an error is JavaScript's or a parser's, and its message may quote the
 * response. The SDK adds `$response` to these errors and to a service's own, but `$fault` to the latter only.
 */
export function isUnreadable(error: unknown): error is Error {
  if (!(error instanceof Error) || "$fault" in error || !("$response" in error)) return false;
  const response: unknown = error.$response;
  return typeof response === "object" && response !== null && "statusCode" in response;
}

/** Returns an error that keeps only the status and headers of an unreadable response. */
export function unreadableError(error: Error, advice: string): Error {
  const { $metadata, $response } = error as Error & { readonly $metadata?: unknown; readonly $response?: { readonly headers?: unknown } };
  const members = { name: invalidResponse, $metadata, $response: { headers: $response?.headers } };
  return Object.assign(new Error(`${unreadableResponse}; check ${advice}`), members);
}

/** Returns the message of an error: a service's message may be anything but a text. */
export function messageIn(error: Error): string {
  const message: unknown = error.message;
  return typeof message === "string" ? message : "no error message in the response";
}

/** Returns the name of an error, or "" when it is not a text: it may be the code that a service sent. */
export function nameIn(error: Error): string {
  const name: unknown = error.name;
  return typeof name === "string" ? name : "";
}
