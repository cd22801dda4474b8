// Checks outcomes of hostile input: an end in time, and an error with the plugin's own message.
import { expect } from "vitest";

/** Expects an error with a message of ours, not one of JavaScript's own errors. */
export function expectCleanFailure(code: unknown, message: unknown): void {
  expect(typeof code === "string" && typeof message === "string", `${JSON.stringify(code)} ${JSON.stringify(message)}`).toBe(true);
  expect(code).not.toMatch(/^(?:TypeError|RangeError|ReferenceError|SyntaxError|URIError|EvalError|Error|)$/u);
  expect(message).not.toMatch(/Cannot (?:read|set|convert)|is not (?:a function|iterable|defined|an object)|undefined|\[object|hidden field|Maximum call stack/u);
}

/** Rejects after 8 s, in which any result should have come. */
export async function within<Result>(result: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => (timer = setTimeout(() => reject(new Error("it did not end")), 8000)));
  return Promise.race([result, late]).finally(() => clearTimeout(timer));
}

/** Expects credentials, or an error with the reason why there are none. */
export async function expectCredentialsOrReason(credentials: Promise<{ readonly accessKeyId: unknown; readonly secretAccessKey: unknown }>): Promise<void> {
  try {
    const { accessKeyId, secretAccessKey } = await within(credentials);
    expect(typeof accessKeyId === "string" && typeof secretAccessKey === "string").toBe(true);
  } catch (error) {
    const { name: code, message, code: systemCode } = error as Error & { readonly code?: string };
    expectCleanFailure(systemCode ?? code, message);
  }
}
