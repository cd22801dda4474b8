/** Keeps out of our messages what a service quotes in its own. */

/**
 * What of a service's message may be told. It quotes a value that it refuses, which may be a record's partition key, and
 * for a wrong signature all that should have been signed, with the session token.
 */
export function withoutSecrets(message: string): string {
  return message
    .replace(/Value '.*?' at '/gsu, "A value at '")
    .replace(/\s*The (?:Canonical String|String-to-Sign) .*$/su, "");
}
