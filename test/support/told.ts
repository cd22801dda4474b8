// What may become of a hostile input: an end in time, with an outcome in words of ours.
import { expect } from "vitest";

/** A failure in words of ours: none of JavaScript's own errors shows through. */
export function expectTold(code: unknown, message: unknown): void {
  expect(typeof code === "string" && typeof message === "string", `${JSON.stringify(code)} ${JSON.stringify(message)}`).toBe(true);
  expect(code).not.toMatch(/^(?:TypeError|RangeError|ReferenceError|SyntaxError|URIError|EvalError|Error|)$/u);
  expect(message).not.toMatch(/Cannot (?:read|set|convert)|is not (?:a function|iterable|defined|an object)|undefined|\[object|hidden field|Maximum call stack/u);
}

/** Fails when nothing comes in a time in which everything does. */
export async function within<Result>(result: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => (timer = setTimeout(() => reject(new Error("it did not end")), 8000)));
  return Promise.race([result, late]).finally(() => clearTimeout(timer));
}

/** Credentials, or a reason why there are none. */
export async function expectCredentialsOrReason(credentials: Promise<{ readonly accessKeyId: unknown; readonly secretAccessKey: unknown }>): Promise<void> {
  try {
    const { accessKeyId, secretAccessKey } = await within(credentials);
    expect(typeof accessKeyId === "string" && typeof secretAccessKey === "string").toBe(true);
  } catch (error) {
    const { name: code, message, code: systemCode } = error as Error & { readonly code?: string };
    expectTold(systemCode ?? code, message);
  }
}
