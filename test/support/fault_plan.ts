// Parses fault plans, which define how a service misbehaves: "ok*2, fail(0.3:InternalFailure), reset*flush, ok".

/** The records of a request that are rejected. */
export type Failing =
  | { readonly kind: "none" }
  | { readonly kind: "share"; readonly share: number; readonly code: string }
  | { readonly kind: "shard"; readonly shard: number };

/** How the service's response gets to the client. */
export type Arrival = "whole" | "not at all" | "broken off" | "cut short";

/** Records are accepted, and the response reports which; with `surplus` results more or fewer than there were records. */
export interface Taking {
  readonly kind: "take";
  readonly failing: Failing;
  readonly arrival: Arrival;
  readonly surplus: number;
  readonly delayMs: number;
  readonly closes: boolean;
}

/** What happens to one request. */
export type Fault =
  | Taking
  /** No record is accepted, with an error of the service or a response that no Kinesis sends. */
  | { readonly kind: "error"; readonly status: number; readonly code: string }
  | { readonly kind: "status"; readonly status: number; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: "page" }
  | { readonly kind: "reset"; readonly early: boolean }
  | { readonly kind: "silence"; readonly ms: number }
  /** The request is rejected if it has such a record, is this large, or is signed by a clock that differs from the server's. */
  | { readonly kind: "refuse"; readonly text: string }
  | { readonly kind: "too large"; readonly status: number; readonly overBytes: number }
  | { readonly kind: "skew"; readonly ms: number }
  /** The request is rejected if it is in CBOR; an empty code is a bare status. */
  | { readonly kind: "no cbor"; readonly status: number; readonly code: string };

/** How often a step is used: a number of requests, a time from its first request, or until the test reports the end of a flush. */
export type Repetition =
  | { readonly kind: "times"; readonly times: number }
  | { readonly kind: "time"; readonly ms: number }
  | { readonly kind: "flush" };

export interface Step {
  readonly text: string;
  readonly fault: Fault;
  readonly repetition: Repetition;
}

/** Accepts all records. */
export const taking: Taking = {
  kind: "take",
  failing: { kind: "none" },
  arrival: "whole",
  surplus: 0,
  delayMs: 0,
  closes: false,
};
const throttling = "ProvisionedThroughputExceededException";
/** When the client learns nothing, half of the records are accepted: both mistakes, to assume all and to assume none, then show. */
const halfTaken = { kind: "share", share: 0.5, code: "InternalFailure" } as const;

type Reader = (argument: string) => Fault;

const readers: Readonly<Record<string, Reader>> = {
  ok: () => taking,
  fail: (argument) => ({ ...taking, failing: readShare(argument) }),
  "throttle-all": () => ({ ...taking, failing: { kind: "share", share: 1, code: throttling } }),
  "throttle-shard": (argument) => ({ ...taking, failing: { kind: "shard", shard: readNumber(argument) } }),
  slow: (argument) => ({ ...taking, delayMs: readDuration(argument) }),
  close: () => ({ ...taking, closes: true }),
  "lost-response": () => ({ ...taking, failing: halfTaken, arrival: "not at all" }),
  "reset-mid-response": () => ({ ...taking, failing: halfTaken, arrival: "broken off" }),
  "truncated-json": () => ({ ...taking, failing: halfTaken, arrival: "cut short" }),
  "wrong-count": (argument) => ({ ...taking, surplus: readSurplus(argument) }),
  error: (argument) => readError(argument),
  "throttle-request": () => ({ kind: "error", status: 400, code: throttling }),
  "not-found": () => ({ kind: "error", status: 400, code: "ResourceNotFoundException" }),
  denied: () => ({ kind: "error", status: 400, code: "AccessDeniedException" }),
  validation: () => ({ kind: "error", status: 400, code: "ValidationException" }),
  "expired-token": () => ({ kind: "error", status: 400, code: "ExpiredTokenException" }),
  "bad-signature": () => ({ kind: "error", status: 400, code: "InvalidSignatureException" }),
  status: readStatus,
  html: () => ({ kind: "page" }),
  reset: () => ({ kind: "reset", early: false }),
  "reset-early": () => ({ kind: "reset", early: true }),
  "no-response": (argument) => ({ kind: "silence", ms: readDuration(argument) }),
  refuse: (argument) => ({ kind: "refuse", text: readText(argument) }),
  "too-large": readTooLarge,
  "no-cbor": readNoCbor,
  skew: (argument) => ({ kind: "skew", ms: readDuration(argument) }),
};
const withArguments = new Set(
  ["fail", "throttle-shard", "slow", "wrong-count", "error", "status", "no-response", "refuse", "too-large", "no-cbor", "skew"],
);

/**
 * Parses a plan: steps separated by commas, of which the last repeats forever; CONTRIBUTING.md lists them.
 * @throws Error that names the step and the reason
 */
export function parsePlan(text: string): Step[] {
  return text.split(/,(?![^(]*\))/u).map((part, index) => {
    try {
      return parseStep(part.trim());
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`step ${index + 1} of the plan (${part.trim()}): ${reason}`, { cause: error });
    }
  });
}

function parseStep(text: string): Step {
  const [, name = "", argument, repetition = "1"] = /^([a-z-]+)(?:\((.*)\))?(?:\*(\w+))?$/u.exec(text) ?? [];
  const reader = Object.hasOwn(readers, name) ? readers[name] : undefined;
  if (reader === undefined) throw new Error(`there is no such step; the steps are ${Object.keys(readers).join(", ")}`);
  if (argument !== undefined && !withArguments.has(name)) throw new Error("takes nothing in parentheses");
  return { text, fault: reader(argument ?? ""), repetition: readRepetition(repetition) };
}

function readRepetition(text: string): Repetition {
  if (text === "flush") return { kind: "flush" };
  if (/^\d+$/u.test(text) && Number(text) > 0) return { kind: "times", times: Number(text) };
  if (/\d(ms|s)$/u.test(text)) return { kind: "time", ms: readDuration(text) };
  throw new Error(`"*${text}" must be a number above 0, a time such as 3s, or "flush"`);
}

function readNumber(text: string): number {
  if (!/^\d+(\.\d+)?$/u.test(text)) throw new Error(`"${text}" must be a number`);
  return Number(text);
}

function readDuration(text: string): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(ms|s)$/u.exec(text) ?? [];
  if (digits === undefined) throw new Error(`"${text}" must be a time such as 500ms or 2s`);
  return Number(digits) * (unit === "s" ? 1000 : 1);
}

function readText(text: string): string {
  if (text === "") throw new Error("needs a text in parentheses");
  return text;
}

function readShare(text: string): Failing {
  const [share = "", code = ""] = text.split(":");
  const number = readNumber(share);
  if (number > 1) throw new Error(`the share ${number} must be from 0 to 1`);
  if (!/^\w+$/u.test(code)) throw new Error("needs a code, as in fail(0.3:InternalFailure)");
  return { kind: "share", share: number, code };
}

function readSurplus(text: string): number {
  if (!/^[+-][1-9]\d*$/u.test(text)) throw new Error(`"${text}" must be a number with its sign, such as -1`);
  return Number(text);
}

function readError(text: string): Fault {
  const [status = "", code = ""] = text.split(":");
  if (!/^\w+$/u.test(code)) throw new Error("needs a code, as in error(400:KMSThrottlingException)");
  return { kind: "error", status: readStatusNumber(status), code };
}

function readStatus(text: string): Fault {
  const [status = "", ...headers] = text.split(",");
  const pairs = headers.map((header) => header.trim().split("="));
  if (pairs.some((pair) => pair.length !== 2)) throw new Error("headers are written name=value");
  return { kind: "status", status: readStatusNumber(status), headers: Object.fromEntries(pairs) as Record<string, string> };
}

function readTooLarge(text: string): Fault {
  const [status = "", bytes = "0"] = text.split(":");
  return { kind: "too large", status: readStatusNumber(status), overBytes: readNumber(bytes) };
}

function readNoCbor(text: string): Fault {
  const [status = "", code = ""] = text.split(":");
  return { kind: "no cbor", status: readStatusNumber(status), code };
}

function readStatusNumber(text: string): number {
  const status = readNumber(text);
  if (!Number.isInteger(status) || status < 200 || status > 599) throw new Error(`${text} is not an HTTP status`);
  return status;
}
