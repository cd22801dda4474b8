// Credentials are renewed in time, once for all requests, and never used when they have expired or been refused.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { CredentialFetch } from "../../../src/credentials/credential_fetch.js";
import { CredentialsTimeout, RenewingCredentials, watched, type Credentials } from "../../../src/credentials/renewing_credentials.js";
import { RecordedLog } from "../../support/recorded_log.js";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

let now: number;
/** One clock for all, and a chance in the middle. */
const time = { now: () => now, steadyNow: () => now, random: () => 0.5 };
let log: RecordedLog;
/** Fetches under way, to be answered by the test. */
let fetches: { readonly signal: AbortSignal; give(lifetimeMs?: number): Promise<void>; fail(): Promise<void> }[];

beforeEach(() => {
  now = Date.parse("2030-01-01T00:00:00Z");
  log = new RecordedLog();
  fetches = [];
});

/** Lets what has become ready run. */
async function settle(): Promise<void> {
  await new Promise(setImmediate);
}

function credentialsOf(source?: RenewingCredentials, release?: () => void): RenewingCredentials {
  const fetch = (asked: CredentialFetch) =>
    new Promise<Credentials>((resolve, reject) => {
      asked.waitsFor("the oracle");
      const number = fetches.length + 1;
      fetches.push({
        signal: asked.signal,
        give(lifetimeMs) {
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

/** The key of each request, or why there was none. */
async function keyOf(credentials: RenewingCredentials): Promise<string> {
  return credentials.provide().then(
    ({ accessKeyId }) => accessKeyId,
    (error: unknown) => (error as Error).message,
  );
}

/** Credentials that were fetched just now and live so long. */
async function fetched(lifetimeMs?: number, source?: RenewingCredentials): Promise<RenewingCredentials> {
  const credentials = credentialsOf(source);
  const first = keyOf(credentials);
  await fetches.at(-1)?.give(lifetimeMs);
  await first;
  return credentials;
}

function refusal(name: string): Error {
  return Object.assign(new Error("no"), { name });
}

describe("a renewal", () => {
  it("serves all requests that wait for it", async () => {
    const credentials = credentialsOf();
    const keys = Promise.all([keyOf(credentials), keyOf(credentials), keyOf(credentials)]);
    expect(fetches).toHaveLength(1);
    await fetches[0]?.give();
    expect(await keys).toEqual(["AKID1", "AKID1", "AKID1"]);
  });

  it("never happens when they do not expire", async () => {
    const credentials = await fetched();
    now += 1e6 * hourMs;
    expect(await keyOf(credentials)).toBe("AKID1");
    expect(fetches).toHaveLength(1);
  });

  it.each([
    ["five minutes before the end", hourMs, 55 * minuteMs],
    ["at half of a short life", 4 * minuteMs, 2 * minuteMs],
  ])("begins %s, while requests go on with the old", async (_, lifetimeMs, beginMs) => {
    const credentials = await fetched(lifetimeMs);
    now += beginMs - 1;
    expect(await keyOf(credentials)).toBe("AKID1");
    expect(fetches).toHaveLength(1);
    now += 1;
    expect(await Promise.all([keyOf(credentials), keyOf(credentials)])).toEqual(["AKID1", "AKID1"]);
    expect(fetches).toHaveLength(2);
    await fetches[1]?.give(hourMs);
    expect(await keyOf(credentials)).toBe("AKID2");
  });

  it.each([
    [10_001, "old"],
    [10_000, "new"],
    [0, "new"],
    [-1, "new"],
  ])("with %i ms left gives a request the %s ones", async (leftMs, which) => {
    const credentials = await fetched(hourMs);
    now += hourMs - leftMs;
    const key = keyOf(credentials);
    await fetches[1]?.give(hourMs);
    expect(await key).toBe(which === "old" ? "AKID1" : "AKID2");
  });

  it("that fails leaves the old ones in use, says so, and is tried again after a pause", async () => {
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

  it("that fails in the last seconds leaves the old ones in use to their end, not beyond", async () => {
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

  it("that fails after the old ones were refused does not bring them back", async () => {
    const credentials = await fetched(hourMs);
    now += hourMs - 5000;
    const waiting = keyOf(credentials);
    await expect(watched(Promise.reject(refusal("ExpiredTokenException")), credentials)).rejects.toThrow("no");
    await fetches[1]?.fail();
    expect(await waiting).toBe("the source is out of order");
  });

  it("that fails does not tell what a service quotes of a signature", async () => {
    const message = "The signature is wrong.\n\nThe Canonical String for this request should have been 'x-amz-security-token:hidden'";
    const brought = [Promise.resolve({ accessKeyId: "AKID", secretAccessKey: "s", expiration: new Date(now + hourMs) }), Promise.reject(new Error(message))];
    brought[1]?.catch(() => undefined);
    const credentials = new RenewingCredentials(() => brought.shift() as Promise<Credentials>, { log, ...time });
    await credentials.provide();
    now += 56 * minuteMs;
    await credentials.provide();
    await settle();
    expect(log.at("warning")).toHaveLength(1);
    expect(log.at("warning")[0]).toContain("The signature is wrong.");
    expect(log.at("warning")[0]).not.toContain("hidden");
  });

  it("that failed the first time is tried again by the next request after a pause", async () => {
    const credentials = credentialsOf();
    const key = keyOf(credentials);
    await fetches[0]?.fail();
    expect(await key).toBe("the source is out of order");
    now += 750;
    const next = keyOf(credentials);
    await fetches[1]?.give();
    expect(await next).toBe("AKID2");
  });

  it("that brings expired ones is a failure", async () => {
    const credentials = credentialsOf();
    const key = keyOf(credentials);
    await fetches[0]?.give(0);
    expect(await key).toBe("the fetched credentials have already expired, at 2030-01-01T00:00:00.000Z; check the system's clock");
  });

  it.each([
    ["access key ID", { accessKeyId: "AKID\n" }],
    ["access key ID", { accessKeyId: " AKID" }],
    ["secret access key", { secretAccessKey: "hidden\r\n" }],
    ["secret access key", { secretAccessKey: "hidd\nen" }],
    ["session token", { sessionToken: "hidden\t" }],
    ["session token", { sessionToken: "hiddén" }],
  ])("that brings an %s with more than a key holds is a failure that tells nothing of it", async (name, wrong) => {
    const brought = { accessKeyId: "AKID", secretAccessKey: "hidden", sessionToken: "hidden", ...wrong };
    const credentials = new RenewingCredentials(() => Promise.resolve(brought), { log, ...time });
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

  /** Time passes for the timers and on the clock. */
  async function pass(milliseconds: number): Promise<void> {
    now += milliseconds;
    await vi.advanceTimersByTimeAsync(milliseconds);
  }

  it.each([9999, 10_000, 10_001])("is waited for during 10 s: after %i ms", async (afterMs) => {
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

  it("fails for all requests that wait, for the last one too that came a moment ago", async () => {
    const credentials = credentialsOf();
    const first = keyOf(credentials);
    await pass(9999);
    const last = keyOf(credentials);
    await pass(1);
    expect([await first, await last]).toEqual([silence, silence]);
    expect(fetches).toHaveLength(1);
  });

  it("and that the signal has ended is asked again by the next request", async () => {
    const credentials = credentialsOf();
    const first = keyOf(credentials);
    await pass(10_000);
    expect(await first).toBe(silence);
    await fetches[0]?.fail();
    expect(await keyOf(credentials)).toBe(silence);
    now += 750;
    const second = keyOf(credentials);
    expect(fetches).toHaveLength(2);
    await fetches[1]?.give();
    expect(await second).toBe("AKID2");
  });

  it("and that nothing ends, such as a program, is waited for by each request anew, and its late credentials are used", async () => {
    const credentials = credentialsOf();
    const first = keyOf(credentials);
    await pass(15_000);
    expect(await first).toBe(silence);
    const second = keyOf(credentials);
    await pass(9999);
    await fetches[0]?.give();
    expect(await second).toBe("AKID1");
    expect(await keyOf(credentials)).toBe("AKID1");
    expect(fetches).toHaveLength(1);
  });

  it("and that nothing ends is believed to hang for ever after 5 minutes, when another fetch begins", async () => {
    const credentials = credentialsOf();
    void keyOf(credentials);
    await pass(5 * minuteMs - 1);
    const joining = keyOf(credentials);
    expect(fetches).toHaveLength(1);
    now += 1;
    const last = keyOf(credentials);
    expect(fetches).toHaveLength(2);
    // The one that was believed to hang makes no room for a third.
    await fetches[0]?.fail();
    expect(await joining).toBe("the source is out of order");
    const joined = keyOf(credentials);
    expect(fetches).toHaveLength(2);
    await fetches[1]?.give();
    expect([await last, await joined]).toEqual(["AKID2", "AKID2"]);
  });

  it("during a renewal leaves the old ones in use, is ended, and is told of once", async () => {
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

  it("is named by credentials that are got with it, as is their own source when it is the one that hangs", async () => {
    const source = credentialsOf();
    const assume = async (asked: CredentialFetch): Promise<Credentials> => {
      asked.waitsFor(() => source.awaited);
      await source.provide();
      asked.waitsFor("AssumeRole of role/a");
      return new Promise(() => undefined);
    };
    const role = new RenewingCredentials(assume, { log, ...time }, source);
    const first = keyOf(role);
    expect(role.awaited).toBe("the oracle");
    await pass(8000);
    await fetches[0]?.give();
    expect(role.awaited).toBe("AssumeRole of role/a");
    await pass(1999);
    await pass(1);
    expect(await first).toBe("no credentials within 10 s: no response from AssumeRole of role/a");
  });

  it("leaves no timer behind when it has answered or failed in time", async () => {
    const credentials = credentialsOf();
    const first = keyOf(credentials);
    expect(vi.getTimerCount()).toBe(1);
    await fetches[0]?.fail();
    await first;
    expect(vi.getTimerCount()).toBe(0);
    now += 750;
    const second = keyOf(credentials);
    await fetches[1]?.give();
    await second;
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("closed credentials", () => {
  it("have ended the fetch under way, those of their source too, and let go of what they hold", async () => {
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

describe("a refusal of the service", () => {
  it.each(["ExpiredTokenException", "ExpiredToken", "UnrecognizedClientException", "InvalidClientTokenId"])(
    "%s makes the next request fetch new ones",
    async (name) => {
      const credentials = await fetched();
      now += 5000;
      await expect(watched(Promise.reject(refusal(name)), credentials)).rejects.toThrow("no");
      const key = keyOf(credentials);
      await fetches[1]?.give();
      expect(await key).toBe("AKID2");
    },
  );

  it("for another reason changes nothing", async () => {
    const credentials = await fetched();
    now += hourMs;
    await expect(watched(Promise.reject(refusal("AccessDeniedException")), credentials)).rejects.toThrow("no");
    expect(await keyOf(credentials)).toBe("AKID1");
  });

  it("within 5 s of a renewal is of a request with the old ones", async () => {
    const credentials = await fetched();
    now += 4999;
    await expect(watched(Promise.reject(refusal("ExpiredTokenException")), credentials)).rejects.toThrow("no");
    expect(await keyOf(credentials)).toBe("AKID1");
  });

  it("of a role's credentials renews those that assumed it too", async () => {
    const source = await fetched();
    const role = await fetched(hourMs, source);
    now += 5000;
    await expect(watched(Promise.reject(refusal("ExpiredTokenException")), role)).rejects.toThrow("no");
    void keyOf(source);
    void keyOf(role);
    expect(fetches).toHaveLength(4);
  });
});
