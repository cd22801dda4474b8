// Credentials are renewed in time, once for all requests, and never used when they have expired or been refused.
import { beforeEach, describe, expect, it, vi } from "vitest";
import { CredentialsProviderError, RenewingCredentials, type Credentials } from "../../../src/credentials/renewing_credentials.js";
import { RecordedLog } from "../../support/recorded_log.js";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

let now: number;
let log: RecordedLog;
/** Fetches under way, to be answered by the test. */
let fetches: { give(lifetimeMs?: number): Promise<void>; fail(): Promise<void> }[];

beforeEach(() => {
  now = Date.parse("2030-01-01T00:00:00Z");
  log = new RecordedLog();
  fetches = [];
});

/** Lets what has become ready run. */
async function settle(): Promise<void> {
  await new Promise(setImmediate);
}

function credentialsOf(source?: RenewingCredentials): RenewingCredentials {
  const fetch = () =>
    new Promise<Credentials>((resolve, reject) => {
      const number = fetches.length + 1;
      fetches.push({
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
  return new RenewingCredentials(fetch, { log, now: () => now }, source);
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

  it("that fails leaves the old ones in use, says so, and is tried again half a minute later", async () => {
    const credentials = await fetched(hourMs);
    now += 55 * minuteMs;
    await keyOf(credentials);
    await fetches[1]?.fail();
    const until = "Those at hand are valid until 2030-01-01T01:00:00.000Z";
    expect(log.at("warning")).toEqual([`The credentials could not be renewed: the source is out of order. ${until}`]);
    now += 29_999;
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
    const late = keyOf(credentials);
    await fetches[2]?.fail();
    expect(await late).toBe("the source is out of order");
  });

  it("that fails after the old ones were refused does not bring them back", async () => {
    const credentials = await fetched(hourMs);
    now += hourMs - 5000;
    const waiting = keyOf(credentials);
    await expect(credentials.watch(Promise.reject(refusal("ExpiredTokenException")))).rejects.toThrow("no");
    await fetches[1]?.fail();
    expect(await waiting).toBe("the source is out of order");
  });

  it("that fails does not tell what a service quotes of a signature", async () => {
    const message = "The signature is wrong.\n\nThe Canonical String for this request should have been 'x-amz-security-token:hidden'";
    const brought = [Promise.resolve({ accessKeyId: "AKID", secretAccessKey: "s", expiration: new Date(now + hourMs) }), Promise.reject(new Error(message))];
    brought[1]?.catch(() => undefined);
    const credentials = new RenewingCredentials(() => brought.shift() as Promise<Credentials>, { log, now: () => now });
    await credentials.provide();
    now += 56 * minuteMs;
    await credentials.provide();
    await settle();
    expect(log.at("warning")).toHaveLength(1);
    expect(log.at("warning")[0]).toContain("The signature is wrong.");
    expect(log.at("warning")[0]).not.toContain("hidden");
  });

  it("that failed the first time is tried again by the next request", async () => {
    const credentials = credentialsOf();
    const key = keyOf(credentials);
    await fetches[0]?.fail();
    expect(await key).toBe("the source is out of order");
    const next = keyOf(credentials);
    await fetches[1]?.give();
    expect(await next).toBe("AKID2");
  });

  it("that brings expired ones is a failure", async () => {
    const credentials = credentialsOf();
    const key = keyOf(credentials);
    await fetches[0]?.give(0);
    expect(await key).toBe("the credentials that were fetched have expired already, at 2030-01-01T00:00:00.000Z; is the system's clock right?");
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
    const credentials = new RenewingCredentials(() => Promise.resolve(brought), { log, now: () => now });
    const message = `the ${name} that was found has a blank or a line break around it, or a character that none has`;
    expect(await keyOf(credentials)).toBe(message);
  });
});

describe("a source that hangs", () => {
  it("is not waited for longer than 20 s, and begun anew after 5 minutes", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const credentials = credentialsOf();
      const first = credentials.provide();
      const outcome = expect(first).rejects.toThrow(CredentialsProviderError);
      await vi.advanceTimersByTimeAsync(20_000);
      await outcome;
      await expect(first).rejects.toThrow("the source of the credentials has not answered within 20 s");
      now += 5 * minuteMs - 1;
      void keyOf(credentials);
      expect(fetches).toHaveLength(1);
      now += 1;
      const last = keyOf(credentials);
      expect(fetches).toHaveLength(2);
      // The one that was believed to hang makes no room for a third.
      await fetches[0]?.fail();
      const joined = keyOf(credentials);
      expect(fetches).toHaveLength(2);
      await fetches[1]?.give();
      expect([await last, await joined]).toEqual(["AKID2", "AKID2"]);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("a refusal of the service", () => {
  it.each(["ExpiredTokenException", "ExpiredToken", "UnrecognizedClientException", "InvalidClientTokenId"])(
    "%s makes the next request fetch new ones",
    async (name) => {
      const credentials = await fetched();
      now += 5000;
      await expect(credentials.watch(Promise.reject(refusal(name)))).rejects.toThrow("no");
      const key = keyOf(credentials);
      await fetches[1]?.give();
      expect(await key).toBe("AKID2");
    },
  );

  it("for another reason changes nothing", async () => {
    const credentials = await fetched();
    now += hourMs;
    await expect(credentials.watch(Promise.reject(refusal("AccessDeniedException")))).rejects.toThrow("no");
    expect(await keyOf(credentials)).toBe("AKID1");
  });

  it("within 5 s of a renewal is of a request with the old ones", async () => {
    const credentials = await fetched();
    now += 4999;
    await expect(credentials.watch(Promise.reject(refusal("ExpiredTokenException")))).rejects.toThrow("no");
    expect(await keyOf(credentials)).toBe("AKID1");
  });

  it("of a role's credentials renews those that assumed it too", async () => {
    const source = await fetched();
    const role = await fetched(hourMs, source);
    now += 5000;
    await expect(role.watch(Promise.reject(refusal("ExpiredTokenException")))).rejects.toThrow("no");
    void keyOf(source);
    void keyOf(role);
    expect(fetches).toHaveLength(4);
  });
});
