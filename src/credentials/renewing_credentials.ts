/** Keeps credentials, and fetches them anew before they expire or when a service refuses them. */
import type { fromEnv } from "@aws-sdk/credential-providers";
import type { Log } from "../log.js";
import { withoutSecrets } from "../service_message.js";

/** As the AWS SDK has them. */
export type Credentials = Awaited<ReturnType<ReturnType<typeof fromEnv>>>;

/** Why there are no credentials: the message says what was tried, and holds no secret. */
export class CredentialsProviderError extends Error {
  override readonly name = "CredentialsProviderError";
}

/** Renewal begins so long before the end (AWS hands out new ones by then), or at half of what is left if that is later. */
const renewalWindowMs = 5 * 60_000;
/** From here on a request waits for the renewal; before, it is signed with what is at hand. */
const urgentMs = 10_000;
const longestPauseAfterFailureMs = 30_000;
/** Nobody waits longer for credentials: a source that hangs must not hold a flush. */
const patienceMs = 20_000;
/** A fetch that is as old as this is believed to hang for ever, and another one begins. */
const abandonedMs = 5 * 60_000;
/** Refusals are taken from credentials of this age on: requests that were under way during a renewal still had the old. */
const leastAgeMs = 5000;

/** Codes of Kinesis and of STS for credentials that are no longer good. */
const refusals = new Set(["ExpiredTokenException", "ExpiredToken", "UnrecognizedClientException", "InvalidClientTokenId"]);

interface Kept {
  readonly credentials: Credentials;
  readonly fetchedAt: number;
  /** Infinity when they never expire. */
  readonly expiresAt: number;
  renewAt: number;
}

/** What is to be had besides the credentials themselves. */
export interface RenewalDependencies {
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** One fetch at a time, however many requests wait for it. */
export class RenewingCredentials {
  /** For a client of the SDK, which keeps nothing itself when a provider says that it is memoized. */
  readonly provide: (() => Promise<Credentials>) & { readonly memoized: true };
  readonly #fetch: () => Promise<Credentials>;
  readonly #source: RenewingCredentials | undefined;
  readonly #log: Log;
  readonly #now: () => number;
  #kept: Kept | undefined;
  #fetching: { readonly credentials: Promise<Credentials>; readonly startedAt: number } | undefined;

  /** @param source credentials with which `fetch` gets these: refused together with them */
  constructor(fetch: () => Promise<Credentials>, { log, now }: RenewalDependencies, source?: RenewingCredentials) {
    this.#fetch = fetch;
    this.#source = source;
    this.#log = log;
    this.#now = now;
    this.provide = Object.assign(() => this.#provide(), { memoized: true as const });
  }

  /** Gives what the request gives; when that was refused for its credentials, the next request gets new ones. */
  async watch<Answer>(request: Promise<Answer>): Promise<Answer> {
    try {
      return await request;
    } catch (error) {
      if (error instanceof Error && refusals.has(error.name)) this.#refused();
      throw error;
    }
  }

  #refused(): void {
    if (this.#kept !== undefined && this.#now() - this.#kept.fetchedAt >= leastAgeMs) this.#kept = undefined;
    if (this.#source !== undefined) this.#source.#refused();
  }

  async #provide(): Promise<Credentials> {
    const kept = this.#kept;
    if (kept !== undefined && this.#now() < kept.renewAt) return kept.credentials;
    const fetching = this.#start();
    if (kept !== undefined && kept.expiresAt - this.#now() > urgentMs) return kept.credentials;
    try {
      return await patiently(fetching);
    } catch (error) {
      if (kept !== undefined && kept === this.#kept && this.#now() < kept.expiresAt) return kept.credentials;
      throw error;
    }
  }

  /** Joins the fetch under way, or begins one. */
  #start(): Promise<Credentials> {
    const startedAt = this.#now();
    if (this.#fetching !== undefined && startedAt - this.#fetching.startedAt < abandonedMs) {
      return this.#fetching.credentials;
    }
    const credentials = this.#renew().finally(() => {
      if (this.#fetching?.credentials === credentials) this.#fetching = undefined;
    });
    this.#fetching = { credentials, startedAt };
    // Perhaps nobody waits for it.
    credentials.catch(() => undefined);
    return credentials;
  }

  async #renew(): Promise<Credentials> {
    try {
      const credentials = await this.#fetch();
      refuseUnusable(credentials);
      const fetchedAt = this.#now();
      const expiresAt = credentials.expiration?.getTime() ?? Number.POSITIVE_INFINITY;
      const left = expiresAt - fetchedAt;
      if (!(left > 0)) throw new CredentialsProviderError(describeExpired(expiresAt));
      this.#kept = { credentials, fetchedAt, expiresAt, renewAt: fetchedAt + Math.max(left - renewalWindowMs, left / 2) };
      return credentials;
    } catch (error) {
      this.#postpone(error);
      throw error;
    }
  }

  #postpone(error: unknown): void {
    const kept = this.#kept;
    const left = kept === undefined ? 0 : kept.expiresAt - this.#now();
    if (kept === undefined || left <= 0) return;
    kept.renewAt = this.#now() + Math.min(longestPauseAfterFailureMs, left / 2);
    const until = new Date(kept.expiresAt).toISOString();
    const reason = withoutSecrets(error instanceof Error ? error.message : String(error));
    this.#log.warning(`The credentials could not be renewed: ${reason}. Those at hand are valid until ${until}`);
  }
}

/**
 * A text file's last line break is easily taken for a part of a key. Node would refuse it in a header; from one in the secret
 * comes a wrong signature.
 */
function refuseUnusable({ accessKeyId, secretAccessKey, sessionToken = "" }: Credentials): void {
  const members = { "access key ID": accessKeyId, "secret access key": secretAccessKey, "session token": sessionToken };
  for (const [name, value] of Object.entries(members)) {
    if (/^(?:[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?$/u.test(value)) continue;
    throw new CredentialsProviderError(`the ${name} that was found has a blank or a line break around it, or a character that none has`);
  }
}

function describeExpired(expiresAt: number): string {
  if (Number.isNaN(expiresAt)) return "the credentials that were fetched expire at a time that cannot be read";
  const time = new Date(expiresAt).toISOString();
  return `the credentials that were fetched have expired already, at ${time}; is the system's clock right?`;
}

async function patiently(fetching: Promise<Credentials>): Promise<Credentials> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = new Promise<never>((_, reject) => {
    const message = `the source of the credentials has not answered within ${patienceMs / 1000} s`;
    timer = setTimeout(() => reject(new CredentialsProviderError(message)), patienceMs).unref();
  });
  try {
    return await Promise.race([fetching, end]);
  } finally {
    clearTimeout(timer);
  }
}
