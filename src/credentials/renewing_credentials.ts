/** Keeps credentials, and fetches them anew before they expire or when a service refuses them. */
import type { fromEnv } from "@aws-sdk/credential-providers";
import { RepeatedMessage, type Log } from "../telemetry/log.js";
import { secrets } from "../telemetry/secrets.js";
import { redactMessage } from "../telemetry/redaction.js";
import { BackOff, type BackOffDependencies } from "./back_off.js";
import { CredentialFetch, unnamedSource } from "./credential_fetch.js";

/** As the AWS SDK has them. */
export type Credentials = Awaited<ReturnType<ReturnType<typeof fromEnv>>>;

/** Why there are no credentials: the message says what was tried, and holds no secret. */
export class CredentialsProviderError extends Error {
  override readonly name = "CredentialsProviderError";
}

/** A source of credentials did not answer in time. The next fetch may succeed. */
export class CredentialsTimeout extends Error {
  override readonly name = "CredentialsTimeout";
}

/** Renewal begins so long before the end (AWS hands out new ones by then), or at half of what is left if that is later. */
const renewalWindowMs = 5 * 60_000;
/** From here on a request waits for the renewal; before, it is signed with what is at hand. */
const urgentMs = 10_000;
/** After this time a fetch has failed and its requests are ended: a silent source must not hold a flush. */
const patienceMs = 10_000;
/** A fetch that does not end with its signal (a credential_process, a file of a dead server) goes on. From this age on, the next request begins another one. */
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
  readonly renewAt: number;
}

/** Credentials for requests, as an output uses them. */
export interface CredentialProvider {
  /** For a client of the SDK, which keeps nothing itself when a provider says that it is memoized. */
  readonly provide: (() => Promise<Credentials>) & { readonly memoized: true };
  /** The name of the source that has not answered yet. */
  readonly awaited: string;
  /** A service has refused the credentials: the next request gets new ones. */
  refused(): void;
  /** Nobody needs the credentials any more. */
  close(): void;
}

/** What is to be had besides the credentials themselves. */
export interface RenewalDependencies extends BackOffDependencies {
  readonly log: Log;
  /** Closes the connections of fetches. Is called when the credentials are closed. */
  readonly release?: () => void;
}

/** An unfinished fetch. */
interface UnderWay {
  readonly fetch: CredentialFetch;
  readonly startedAt: number;
  /** The result of the fetch, however late. */
  readonly fetched: Promise<Credentials>;
  /** The result of the fetch, or CredentialsTimeout. */
  inTime: Promise<Credentials>;
  /** Whether `inTime` has timed out. */
  isLate: boolean;
  /** With which it did the last time. */
  timeout: CredentialsTimeout | undefined;
}

/** One fetch at a time, however many requests wait for it, and after a failure none for a while. */
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
   * @param fetch asks the sources, and should end with the signal of its argument
   * @param source provides the credentials with which `fetch` signs: refused and closed together with these
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

  /** Ends the fetch under way, and refuses new ones. */
  close(): void {
    this.#isClosed = true;
    this.#underWay?.fetch.close();
    this.#source?.close();
    this.#release();
  }

  refused(): void {
    if (this.#kept !== undefined && this.#now() - this.#kept.fetchedAt >= leastAgeMs) this.#kept = undefined;
    this.#source?.refused();
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
    /** Returns false for a fetch whose place another one has taken. */
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

  /** Starts the time limit of a fetch, again for requests that join a late one. */
  #limit(underWay: UnderWay): void {
    const { fetch, fetched } = underWay;
    underWay.isLate = false;
    underWay.inTime = new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const error = new CredentialsTimeout(`no credentials within ${patienceMs / 1000} s: no response from ${fetch.awaited}`);
        underWay.isLate = true;
        underWay.timeout = error;
        if (!fetch.signal.aborted) this.#warn(error);
        reject(error);
        fetch.end();
      }, patienceMs).unref();
      const over = () => clearTimeout(timer);
      fetched.then(over, over);
      fetched.then(resolve, reject);
    });
    // Perhaps nobody waits for it.
    underWay.inTime.catch(() => undefined);
  }

  async #renew(fetch: CredentialFetch): Promise<Credentials> {
    if (this.#isClosed) throw new CredentialsProviderError("the output is closed");
    const credentials = await this.#fetch(fetch);
    refuseUnusable(credentials);
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

  /** A source that was ended for its time has only that to say of its end. */
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
    this.#failures.report(`The credentials could not be renewed: ${reason}. Those at hand are valid until ${until}`);
  }
}

/** Returns the result of a request. After a request that was refused for its credentials, the next one gets new ones. */
export async function watched<Result>(request: Promise<Result>, credentials: Pick<CredentialProvider, "refused">): Promise<Result> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof Error && refusals.has(error.name)) credentials.refused();
    throw error;
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
