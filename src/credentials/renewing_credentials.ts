/** Caches credentials, and fetches new ones before they expire or after a service rejects them. */
import type { fromEnv } from "@aws-sdk/credential-providers";
import { RepeatedMessage, type Log } from "../telemetry/log.js";
import { secrets } from "../telemetry/secrets.js";
import { redactMessage } from "../telemetry/redaction.js";
import { BackOff, type BackOffDependencies } from "./back_off.js";
import { CredentialFetch, unnamedSource } from "./credential_fetch.js";

/** Credentials in the form of the AWS SDK. */
export type Credentials = Awaited<ReturnType<ReturnType<typeof fromEnv>>>;

/** Error with the reason why there are no credentials. The message names what was tried, and holds no secret. */
export class CredentialsProviderError extends Error {
  override readonly name = "CredentialsProviderError";
}

/** Error of a credentials source that did not respond in time. The next fetch may succeed. */
export class CredentialsTimeout extends Error {
  override readonly name = "CredentialsTimeout";
}

/** Time before expiry at which renewal begins (AWS has new credentials by then), or half of the lifetime when that is shorter. */
const renewalWindowMs = 5 * 60_000;
/** Time before expiry from which a request waits for the renewal; before, the current credentials sign it. */
const urgentMs = 10_000;
/** Time limit of a fetch, after which its requests fail: a silent source must not hold up a flush. */
const maxFetchMs = 10_000;
/**
 * Age of an unfinished fetch at which the next request begins another one. A fetch that ignores its signal (a
 * credential_process, a file on a dead server) goes on.
 */
const abandonedMs = 5 * 60_000;
/** Minimum age of credentials that a rejection discards: during a renewal, requests under way still carry the old ones. */
const minRejectedAgeMs = 5000;

/** Codes of Kinesis and STS for invalid or expired credentials. */
const rejectionCodes = new Set(["ExpiredTokenException", "ExpiredToken", "UnrecognizedClientException", "InvalidClientTokenId"]);

interface Kept {
  readonly credentials: Credentials;
  readonly fetchedAt: number;
  /** Milliseconds since the epoch; Infinity when they never expire. */
  readonly expiresAt: number;
  readonly renewAt: number;
}

/** Credentials for the requests of an output. */
export interface CredentialProvider {
  /** Returns the credentials. The mark `memoized` keeps a client of the SDK from caching them itself. */
  readonly provide: (() => Promise<Credentials>) & { readonly memoized: true };
  /** Name of the source that has not responded yet. */
  readonly awaited: string;
  /** Reports that a service rejected the credentials: the next request gets new ones. */
  rejected(): void;
  /** Ends the use of the credentials. */
  close(): void;
}

/** Dependencies of the renewal. */
export interface RenewalDependencies extends BackOffDependencies {
  readonly log: Log;
  /** Closes the connections of fetches. Called when the credentials are closed. */
  readonly release?: () => void;
}

/** An unfinished fetch. */
interface UnderWay {
  readonly fetch: CredentialFetch;
  readonly startedAt: number;
  /** Settles with the fetch, without a time limit. */
  readonly fetched: Promise<Credentials>;
  /** Settles with the fetch, or rejects with CredentialsTimeout. */
  inTime: Promise<Credentials>;
  /** Whether `inTime` has timed out. */
  isLate: boolean;
  /** The last error of `inTime` for a time-out. */
  timeout: CredentialsTimeout | undefined;
}

/** Credentials that renew themselves: one fetch at a time for all waiting requests, and a pause after each failure. */
export class RenewingCredentials implements CredentialProvider {
  readonly provide: CredentialProvider["provide"];
  readonly #fetch: (fetch: CredentialFetch) => Promise<Credentials>;
  readonly #source: CredentialProvider | undefined;
  readonly #failures: RepeatedMessage;
  readonly #now: () => number;
  readonly #steadyNow: () => number;
  readonly #backOff: BackOff;
  readonly #release: () => void;
  #kept: Kept | undefined;
  #underWay: UnderWay | undefined;
  #isClosed = false;

  /**
   * @param fetch calls the sources, and should end with the signal of its argument
   * @param source provides the credentials with which `fetch` signs; rejected and closed together with these
   */
  constructor(
    fetch: (fetch: CredentialFetch) => Promise<Credentials>,
    { log, now, steadyNow, random, release = () => undefined }: RenewalDependencies,
    source?: CredentialProvider,
  ) {
    this.#fetch = fetch;
    this.#source = source;
    this.#failures = new RepeatedMessage((message) => log.warning(message), steadyNow, "failures");
    this.#now = now;
    this.#steadyNow = steadyNow;
    this.#backOff = new BackOff({ now, steadyNow, random });
    this.#release = release;
    this.provide = Object.assign(() => this.#provide(), { memoized: true as const });
  }

  get awaited(): string {
    return this.#underWay?.fetch.awaited ?? unnamedSource;
  }

  /** Ends the fetch under way, and rejects new ones. */
  close(): void {
    this.#isClosed = true;
    this.#underWay?.fetch.close();
    this.#source?.close();
    this.#release();
  }

  rejected(): void {
    if (this.#kept !== undefined && this.#now() - this.#kept.fetchedAt >= minRejectedAgeMs) this.#kept = undefined;
    this.#source?.rejected();
  }

  async #provide(): Promise<Credentials> {
    const kept = this.#kept;
    if (kept !== undefined && this.#now() < kept.renewAt) return kept.credentials;
    const failure = this.#backOff.failure;
    if (failure !== undefined && !this.#isClosed) {
      if (kept !== undefined && this.#now() < kept.expiresAt) return kept.credentials;
      throw failure.error;
    }
    const fetching = this.#join();
    if (kept !== undefined && kept.expiresAt - this.#now() > urgentMs) return kept.credentials;
    try {
      return await fetching;
    } catch (error) {
      if (kept !== undefined && kept === this.#kept && this.#now() < kept.expiresAt) return kept.credentials;
      throw error;
    }
  }

  /** Joins the fetch under way, or begins a new one. */
  #join(): Promise<Credentials> {
    const underWay = this.#underWay;
    if (underWay === undefined || this.#steadyNow() - underWay.startedAt >= abandonedMs) return this.#begin();
    if (underWay.isLate && !this.#isClosed) this.#limit(underWay);
    return underWay.inTime;
  }

  #begin(): Promise<Credentials> {
    const fetch = new CredentialFetch();
    const fetched = this.#renew(fetch);
    const underWay: UnderWay = { fetch, startedAt: this.#steadyNow(), fetched, inTime: fetched, isLate: false, timeout: undefined };
    this.#underWay = underWay;
    /** Returns false for a fetch that another one has replaced. */
    const over = () => {
      if (this.#underWay !== underWay) return false;
      this.#underWay = undefined;
      return true;
    };
    fetched.then(over, (error: unknown) => {
      if (over() && !this.#isClosed) this.#failed(underWay, error);
    });
    this.#limit(underWay);
    return underWay.inTime;
  }

  /** Starts the time limit of a fetch, and restarts it for requests that join a late fetch. */
  #limit(underWay: UnderWay): void {
    const { fetch, fetched } = underWay;
    underWay.isLate = false;
    underWay.inTime = new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const error = new CredentialsTimeout(`no credentials within ${maxFetchMs / 1000} s: no response from ${fetch.awaited}`);
        underWay.isLate = true;
        underWay.timeout = error;
        if (!fetch.signal.aborted) this.#warn(error);
        reject(error);
        fetch.end();
      }, maxFetchMs).unref();
      const over = () => clearTimeout(timer);
      fetched.then(over, over);
      fetched.then(resolve, reject);
    });
    // Prevents an unhandled rejection when no request waits.
    underWay.inTime.catch(() => undefined);
  }

  async #renew(fetch: CredentialFetch): Promise<Credentials> {
    if (this.#isClosed) throw new CredentialsProviderError("the output is closed");
    const credentials = await this.#fetch(fetch);
    rejectUnusable(credentials);
    secrets.note(credentials.secretAccessKey);
    secrets.note(credentials.sessionToken);
    const fetchedAt = this.#now();
    const expiresAt = credentials.expiration?.getTime() ?? Number.POSITIVE_INFINITY;
    const left = expiresAt - fetchedAt;
    if (!(left > 0)) throw new CredentialsProviderError(describeExpired(expiresAt));
    this.#backOff.succeeded();
    this.#kept = { credentials, fetchedAt, expiresAt, renewAt: fetchedAt + Math.max(left - renewalWindowMs, left / 2) };
    return credentials;
  }

  /** Records a failure. When the time limit ended the source, the time-out counts, not the error that follows from it. */
  #failed({ timeout }: UnderWay, error: unknown): void {
    const isEnded = timeout !== undefined && !(error instanceof CredentialsTimeout);
    this.#backOff.failed(isEnded ? timeout : error);
    if (!isEnded) this.#warn(error);
  }

  #warn(error: unknown): void {
    const kept = this.#kept;
    if (kept === undefined || kept.expiresAt <= this.#now()) return;
    const until = new Date(kept.expiresAt).toISOString();
    const reason = redactMessage(error instanceof Error ? error.message : String(error));
    this.#failures.report(`The credentials could not be renewed: ${reason}. The current ones are valid until ${until}`);
  }
}

/** Returns the result of a request. When the service rejects the request's credentials, reports that to them. */
export async function watched<Result>(request: Promise<Result>, credentials: Pick<CredentialProvider, "rejected">): Promise<Result> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof Error && rejectionCodes.has(error.name)) credentials.rejected();
    throw error;
  }
}

/**
 * Rejects keys with a line break or blank around them, which easily come from a text file. Node would reject such a header;
 * in the secret it leads to an invalid signature.
 */
function rejectUnusable({ accessKeyId, secretAccessKey, sessionToken = "" }: Credentials): void {
  const members = { "access key ID": accessKeyId, "secret access key": secretAccessKey, "session token": sessionToken };
  for (const [name, value] of Object.entries(members)) {
    if (/^(?:[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?$/u.test(value)) continue;
    throw new CredentialsProviderError(`the ${name} has a blank or a line break around it, or an invalid character`);
  }
}

function describeExpired(expiresAt: number): string {
  if (Number.isNaN(expiresAt)) return "the fetched credentials have an invalid expiration time";
  const time = new Date(expiresAt).toISOString();
  return `the fetched credentials have already expired, at ${time}; check the system's clock`;
}
