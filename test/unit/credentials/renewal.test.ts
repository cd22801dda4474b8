// Tests the renewal of credentials: in time, once for all requests, and no use of expired or rejected ones.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { CredentialFetch } from "../../../src/credentials/credential_fetch.js";
import { CredentialsTimeout, RenewingCredentials, watched, type Credentials } from "../../../src/credentials/renewing_credentials.js";
import { RecordedLog } from "../../support/recorded_log.js";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

let now: number;
/** The same clock for both, and a fixed random number. */
const time = { now: () => now, steadyNow: () => now, random: () => 0.5 };
let log: RecordedLog;
/** Fetches so far, which the test resolves or rejects. */
let fetches: { readonly signal: AbortSignal; succeed(lifetimeMs?: number): Promise<void>; fail(): Promise<void> }[];

beforeEach(() => {
  now = Date.parse("2030-01-01T00:00:00Z");
  log = new RecordedLog();
  fetches = [];
});

/** Runs pending promise callbacks. */
async function settle(): Promise<void> {
  await new Promise(setImmediate);
}

function credentialsOf(source?: RenewingCredentials, release?: () => void): RenewingCredentials {
  const fetch = (current: CredentialFetch) =>
    new Promise<Credentials>((resolve, reject) => {
      current.waitsFor("the oracle");
      const number = fetches.length + 1;
      fetches.push({
        signal: current.signal,
        succeed(lifetimeMs) {
          const expiration = lifetimeMs === undefined ? {} : { expiration: new Date(now + lifetimeMs) };
          resolve({ accessKeyId: `AKID${number}`, secretAccessKey: "secret", ...expiration });
          return settle();
        },
        fail() {
          reject(new Error("the source is out of order"));
          return settle();
        },
      });
    });
  return new RenewingCredentials(fetch, { log, ...time, ...(release === undefined ? {} : { release }) }, source);
}

/** Returns the key ID for a request, or the error's message. */
async function keyOf(credentials: RenewingCredentials): Promise<string> {
  return credentials.provide().then(
    ({ accessKeyId }) => accessKeyId,
    (error: unknown) => (error as Error).message,
  );
}

/** Returns credentials that were just fetched and expire after `lifetimeMs`. */
async function fetched(lifetimeMs?: number, source?: RenewingCredentials): Promise<RenewingCredentials> {
  const credentials = credentialsOf(source);
  const first = keyOf(credentials);
  await fetches.at(-1)?.succeed(lifetimeMs);
  await first;
  return credentials;
}

function rejection(name: string): Error {
  return Object.assign(new Error("no"), { name });
}

describe("a renewal", () => {
  it("serves all requests that wait for it", async () => {
    const credentials = credentialsOf();
    const keys = Promise.all([keyOf(credentials), keyOf(credentials), keyOf(credentials)]);
    expect(fetches).toHaveLength(1);
    await fetches[0]?.succeed();
    expect(await keys).toEqual(["AKID1", "AKID1", "AKID1"]);
  });

  it("never happens when the credentials do not expire", async () => {
    const credentials = await fetched();
    now += 1e6 * hourMs;
    expect(await keyOf(credentials)).toBe("AKID1");
    expect(fetches).toHaveLength(1);
  });

  it.each([
    ["five minutes before expiry", hourMs, 55 * minuteMs],
    ["at half of a short lifetime", 4 * minuteMs, 2 * minuteMs],
  ])("begins %s, while requests use the old credentials", async (_, lifetimeMs, beginMs) => {
    const credentials = await fetched(lifetimeMs);
    now += beginMs - 1;
    expect(await keyOf(credentials)).toBe("AKID1");
    expect(fetches).toHaveLength(1);
    now += 1;
    expect(await Promise.all([keyOf(credentials), keyOf(credentials)])).toEqual(["AKID1", "AKID1"]);
    expect(fetches).toHaveLength(2);
    await fetches[1]?.succeed(hourMs);
    expect(await keyOf(credentials)).toBe("AKID2");
  });

  it.each([
    [10_001, "old"],
    [10_000, "new"],
    [0, "new"],
    [-1, "new"],
  ])("with %i ms left provides a request with the %s credentials", async (leftMs, which) => {
    const credentials = await fetched(hourMs);
    now += hourMs - leftMs;
    const key = keyOf(credentials);
    await fetches[1]?.succeed(hourMs);
    expect(await key).toBe(which === "old" ? "AKID1" : "AKID2");
  });

  it("that fails leaves the old credentials in use, logs a warning, and is retried after a pause", async () => {
    const credentials = await fetched(hourMs);
    now += 55 * minuteMs;
    await keyOf(credentials);
    await fetches[1]?.fail();
    const until = "The current ones are valid until 2030-01-01T01:00:00.000Z";
    expect(log.at("warning")).toEqual([`The credentials could not be renewed: the source is out of order. ${until}`]);
    now += 749;
    expect(await keyOf(credentials)).toBe("AKID1");
    expect(fetches).toHaveLength(2);
    now += 1;
    expect(await keyOf(credentials)).toBe("AKID1");
    expect(fetches).toHaveLength(3);
  });

  it("that fails in the last seconds leaves the old credentials in use until they expire, not longer", async () => {
    const credentials = await fetched(hourMs);
    now += hourMs - 1000;
    const key = keyOf(credentials);
    await fetches[1]?.fail();
    expect(await key).toBe("AKID1");
    now += 1000;
    expect(fetches).toHaveLength(2);
    const late = keyOf(credentials);
    await fetches[2]?.fail();
    expect(await late).toBe("the source is out of order");
  });

  it("that fails after the old credentials were rejected does not bring them back", async () => {
    const credentials = await fetched(hourMs);
    now += hourMs - 5000;
    const waiting = keyOf(credentials);
    await expect(watched(Promise.reject(rejection("ExpiredTokenException")), credentials)).rejects.toThrow("no");
    await fetches[1]?.fail();
    expect(await waiting).toBe("the source is out of order");
  });

  it("that fails logs no part of a signature that a service quotes", async () => {
    const message = "The signature is wrong.\n\nThe Canonical String for this request should have been 'x-amz-security-token:hidden'";
    const results = [Promise.resolve({ accessKeyId: "AKID", secretAccessKey: "s", expiration: new Date(now + hourMs) }), Promise.reject(new Error(message))];
    results[1]?.catch(() => undefined);
    const credentials = new RenewingCredentials(() => results.shift() as Promise<Credentials>, { log, ...time });
    await credentials.provide();
    now += 56 * minuteMs;
    await credentials.provide();
    await settle();
    expect(log.at("warning")).toHaveLength(1);
    expect(log.at("warning")[0]).toContain("The signature is wrong.");
    expect(log.at("warning")[0]).not.toContain("hidden");
  });

  it("that fails the first time is retried by the next request after a pause", async () => {
    const credentials = credentialsOf();
    const key = keyOf(credentials);
    await fetches[0]?.fail();
    expect(await key).toBe("the source is out of order");
    now += 750;
    const next = keyOf(credentials);
    await fetches[1]?.succeed();
    expect(await next).toBe("AKID2");
  });

  it("that returns expired credentials fails", async () => {
    const credentials = credentialsOf();
    const key = keyOf(credentials);
    await fetches[0]?.succeed(0);
    expect(await key).toBe("the fetched credentials have already expired, at 2030-01-01T00:00:00.000Z; check the system's clock");
  });

  it.each([
    ["access key ID", { accessKeyId: "AKID\n" }],
    ["access key ID", { accessKeyId: " AKID" }],
    ["secret access key", { secretAccessKey: "hidden\r\n" }],
    ["secret access key", { secretAccessKey: "hidd\nen" }],
    ["session token", { sessionToken: "hidden\t" }],
    ["session token", { sessionToken: "hiddén" }],
  ])("that returns an invalid %s fails with an error that does not show it", async (name, wrong) => {
    const returned = { accessKeyId: "AKID", secretAccessKey: "hidden", sessionToken: "hidden", ...wrong };
    const credentials = new RenewingCredentials(() => Promise.resolve(returned), { log, ...time });
    const message = `the ${name} has a blank or a line break around it, or an invalid character`;
    expect(await keyOf(credentials)).toBe(message);
  });
});

describe("a source that hangs", () => {
  const silence = "no credentials within 10 s: no response from the oracle";

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** Advances the timers and the clock. */
  async function pass(milliseconds: number): Promise<void> {
    now += milliseconds;
    await vi.advanceTimersByTimeAsync(milliseconds);
  }

  it.each([9999, 10_000, 10_001])("is waited for up to 10 s: after %i ms", async (afterMs) => {
    const credentials = credentialsOf();
    let failure: unknown = "none yet";
    credentials.provide().catch((error: unknown) => (failure = error));
    await pass(afterMs);
    if (afterMs < 10_000) {
      expect(failure).toBe("none yet");
      expect(fetches[0]?.signal.aborted).toBe(false);
    } else {
      expect(failure).toBeInstanceOf(CredentialsTimeout);
      expect((failure as Error).message).toBe(silence);
      expect(fetches[0]?.signal.aborted).toBe(true);
    }
  });

  it("fails for all waiting requests, also for one that came 1 ms ago", async () => {
    const credentials = credentialsOf();
    const first = keyOf(credentials);
    await pass(9999);
    const last = keyOf(credentials);
    await pass(1);
    expect([await first, await last]).toEqual([silence, silence]);
    expect(fetches).toHaveLength(1);
  });

  it("and ends with the signal is called again by the next request", async () => {
    const credentials = credentialsOf();
    const first = keyOf(credentials);
    await pass(10_000);
    expect(await first).toBe(silence);
    await fetches[0]?.fail();
    expect(await keyOf(credentials)).toBe(silence);
    now += 750;
    const second = keyOf(credentials);
    expect(fetches).toHaveLength(2);
    await fetches[1]?.succeed();
    expect(await second).toBe("AKID2");
  });

  it("and ignores the signal, such as a program, is waited for by each request, and its late credentials are used", async () => {
    const credentials = credentialsOf();
    const first = keyOf(credentials);
    await pass(15_000);
    expect(await first).toBe(silence);
    const second = keyOf(credentials);
    await pass(9999);
    await fetches[0]?.succeed();
    expect(await second).toBe("AKID1");
    expect(await keyOf(credentials)).toBe("AKID1");
    expect(fetches).toHaveLength(1);
  });

  it("and ignores the signal is abandoned after 5 minutes, when another fetch begins", async () => {
    const credentials = credentialsOf();
    void keyOf(credentials);
    await pass(5 * minuteMs - 1);
    const joining = keyOf(credentials);
    expect(fetches).toHaveLength(1);
    now += 1;
    const last = keyOf(credentials);
    expect(fetches).toHaveLength(2);
    // The end of the abandoned fetch does not allow a third one.
    await fetches[0]?.fail();
    expect(await joining).toBe("the source is out of order");
    const joined = keyOf(credentials);
    expect(fetches).toHaveLength(2);
    await fetches[1]?.succeed();
    expect([await last, await joined]).toEqual(["AKID2", "AKID2"]);
  });

  it("during a renewal leaves the old credentials in use, is ended, and is logged once", async () => {
    const credentials = await fetched(hourMs);
    await pass(55 * minuteMs);
    expect(await keyOf(credentials)).toBe("AKID1");
    await pass(10_000);
    expect(fetches[1]?.signal.aborted).toBe(true);
    await fetches[1]?.fail();
    expect(await keyOf(credentials)).toBe("AKID1");
    expect(log.at("warning")).toEqual([
      `The credentials could not be renewed: ${silence}. The current ones are valid until 2030-01-01T01:00:00.000Z`,
    ]);
  });

  it("is named by the credentials that depend on it, and then their own source when that one hangs", async () => {
    const source = credentialsOf();
    const assume = async (current: CredentialFetch): Promise<Credentials> => {
      current.waitsFor(() => source.awaited);
      await source.provide();
      current.waitsFor("AssumeRole of role/a");
      return new Promise(() => undefined);
    };
    const role = new RenewingCredentials(assume, { log, ...time }, source);
    const first = keyOf(role);
    expect(role.awaited).toBe("the oracle");
    await pass(8000);
    await fetches[0]?.succeed();
    expect(role.awaited).toBe("AssumeRole of role/a");
    await pass(1999);
    await pass(1);
    expect(await first).toBe("no credentials within 10 s: no response from AssumeRole of role/a");
  });

  it("leaves no timer behind when it responds or fails in time", async () => {
    const credentials = credentialsOf();
    const first = keyOf(credentials);
    expect(vi.getTimerCount()).toBe(1);
    await fetches[0]?.fail();
    await first;
    expect(vi.getTimerCount()).toBe(0);
    now += 750;
    const second = keyOf(credentials);
    await fetches[1]?.succeed();
    await second;
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("closed credentials", () => {
  it("end the fetch under way, also that of their source, and release their connections", async () => {
    const release = vi.fn();
    const source = credentialsOf(undefined, release);
    const role = credentialsOf(source);
    void keyOf(source);
    void keyOf(role);
    role.close();
    expect(fetches.map(({ signal }) => signal.aborted)).toEqual([true, true]);
    expect(release).toHaveBeenCalledOnce();
    await fetches[0]?.fail();
    await fetches[1]?.fail();
    expect(log.at("warning")).toEqual([]);
  });

  it("begin no fetch", async () => {
    const credentials = credentialsOf();
    credentials.close();
    expect(await keyOf(credentials)).toBe("the output is closed");
    expect(fetches).toEqual([]);
  });
});

describe("a rejection by the service", () => {
  it.each(["ExpiredTokenException", "ExpiredToken", "UnrecognizedClientException", "InvalidClientTokenId"])(
    "with %s makes the next request fetch new credentials",
    async (name) => {
      const credentials = await fetched();
      now += 5000;
      await expect(watched(Promise.reject(rejection(name)), credentials)).rejects.toThrow("no");
      const key = keyOf(credentials);
      await fetches[1]?.succeed();
      expect(await key).toBe("AKID2");
    },
  );

  it("for another reason changes nothing", async () => {
    const credentials = await fetched();
    now += hourMs;
    await expect(watched(Promise.reject(rejection("AccessDeniedException")), credentials)).rejects.toThrow("no");
    expect(await keyOf(credentials)).toBe("AKID1");
  });

  it("within 5 s of a renewal is ignored, since the request had the old credentials", async () => {
    const credentials = await fetched();
    now += 4999;
    await expect(watched(Promise.reject(rejection("ExpiredTokenException")), credentials)).rejects.toThrow("no");
    expect(await keyOf(credentials)).toBe("AKID1");
  });

  it("of a role's credentials also renews the credentials that assumed it", async () => {
    const source = await fetched();
    const role = await fetched(hourMs, source);
    now += 5000;
    await expect(watched(Promise.reject(rejection("ExpiredTokenException")), role)).rejects.toThrow("no");
    void keyOf(source);
    void keyOf(role);
    expect(fetches).toHaveLength(4);
  });
});
