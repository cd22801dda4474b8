/** Tells errors that the SDK met while it read an answer from those that the answer is about. */

/** What an error says of an answer that is not the service's. */
export const unreadableResponse = "the answer is not the service's (is there a proxy in between?)";

/** The name of the errors. */
export const invalidResponse = "InvalidResponse";

/**
 * Whether the SDK could not read an answer: the error is one of JavaScript's, or of a parser, and its message may show what it
 * failed at. The SDK adds the answer to errors of both kinds, and to those that a service reports on whose fault it is.
 */
export function isUnreadable(error: unknown): error is Error {
  if (!(error instanceof Error) || "$fault" in error || !("$response" in error)) return false;
  const response: unknown = error.$response;
  return typeof response === "object" && response !== null && "statusCode" in response;
}

/** Returns an error that keeps of an unreadable answer its status and headers. */
export function unreadableError(error: Error, advice: string): Error {
  const { $metadata, $response } = error as Error & { readonly $metadata?: unknown; readonly $response?: { readonly headers?: unknown } };
  const members = { name: invalidResponse, $metadata, $response: { headers: $response?.headers } };
  return Object.assign(new Error(`${unreadableResponse}; check ${advice}`), members);
}

/** Returns the message of an error; a service may have put something else than a text in its place. */
export function messageIn(error: Error): string {
  const message: unknown = error.message;
  return typeof message === "string" ? message : "no error message in the response";
}

/** Returns the name of an error, which may be a service's code and no text either; empty then. */
export function nameIn(error: Error): string {
  const name: unknown = error.name;
  return typeof name === "string" ? name : "";
}
