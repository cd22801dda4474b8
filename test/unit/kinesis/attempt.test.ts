// Tests one attempt of a request: its time limit, and its end when the output is closed.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AttemptRunner, type Attempt, type TimeLimit } from "../../../src/kinesis/attempt.js";

const unchanged = (response: string) => response;
const noLimit: TimeLimit = { of: "attempt", milliseconds: 0, name: "the limit" };
const whole: TimeLimit = { of: "attempt", milliseconds: 2000, name: "the limit (2 s)" };
const responseLimit: TimeLimit = { of: "response", milliseconds: 10_000, name: "the limit (10 s)" };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Waits until settled promises have run their callbacks. */
async function settled(): Promise<void> {
  await new Promise(setImmediate);
}

/** Returns an object that holds the outcome once there is one. */
function watched<Outcome>(outcome: Promise<Outcome>): { outcome: Outcome | "none yet" } {
  const seen: { outcome: Outcome | "none yet" } = { outcome: "none yet" };
  void outcome.then((settledAs) => (seen.outcome = settledAs));
  return seen;
}

/** Returns a request that runs until its signal aborts, as the SDK's requests do, and the signals of its attempts. */
function endless() {
  const signals: AbortSignal[] = [];
  const send = ({ signal }: Attempt) => {
    signals.push(signal);
    return new Promise<string>((_, reject) => {
      signal.addEventListener("abort", () => reject(Object.assign(new Error("aborted by the SDK"), { name: "AbortError" })));
    });
  };
  return { send, signals };
}

/** Runs until its onEnd listener is called. */
const listening = (attempt: Attempt) =>
  new Promise<string>((_, reject) => {
    attempt.onEnd(() => reject(Object.assign(new Error("socket hang up"), { code: "ECONNRESET" })));
  });

/** Runs forever, like a program that fetches credentials. */
const deaf = () => new Promise<string>(() => undefined);

describe("an attempt", () => {
  it("returns the outcome read from its response", async () => {
    const outcome = await new AttemptRunner().run(() => Promise.resolve("text"), (response) => response.length, noLimit);
    expect(outcome).toBe(4);
  });

  it("fails when its response cannot be read", async () => {
    const read = () => {
      throw new TypeError("no such field");
    };
    const outcome = await new AttemptRunner().run(() => Promise.resolve("text"), read, noLimit);
    expect(outcome).toEqual({ kind: "failed", code: "TypeError", message: "no such field", cause: "setup" });
  });

  it.each([
    ["rejects", () => Promise.reject(Object.assign(new Error("gone"), { code: "ECONNRESET" }))],
    ["throws", () => {
      throw Object.assign(new Error("gone"), { code: "ECONNRESET" });
    }],
  ])("fails when its request %s", async (_, send) => {
    const outcome = await new AttemptRunner().run(send, unchanged, noLimit);
    expect(outcome).toEqual({ kind: "failed", code: "ECONNRESET", message: "gone", cause: "transient" });
  });
});

describe("a limit of the whole attempt", () => {
  it.each([["that listens to its signal", endless().send], ["that listens to onEnd", listening], ["that listens to nothing", deaf]])(
    "ends a request %s as a transient failure, not before 2 s",
    async (_, send) => {
      const seen = watched(new AttemptRunner().run(send, unchanged, whole));
      await vi.advanceTimersByTimeAsync(1999);
      expect(seen.outcome).toBe("none yet");
      await vi.advanceTimersByTimeAsync(1);
      const message = "no response within the limit (2 s)";
      expect(seen.outcome).toEqual({ kind: "failed", code: "RequestTimeout", message, cause: "transient" });
    },
  );

  it.each([1999, 2000, 2001])("of 2000 ms applies to a response after %i ms, despite progress meanwhile", async (afterMs) => {
    const send = async (attempt: Attempt) => {
      await new Promise((resolve) => setTimeout(resolve, afterMs - 1));
      attempt.moved();
      await new Promise((resolve) => setTimeout(resolve, 1));
      return "text";
    };
    const seen = watched(new AttemptRunner().run(send, unchanged, whole));
    await vi.advanceTimersByTimeAsync(afterMs);
    if (afterMs < 2000) expect(seen.outcome).toBe("text");
    else expect(seen.outcome).toMatchObject({ code: "RequestTimeout" });
  });

  it("aborts the signal of the request", async () => {
    const { send, signals } = endless();
    const outcome = new AttemptRunner().run(send, unchanged, whole);
    await vi.advanceTimersByTimeAsync(2000);
    await outcome;
    expect(signals[0]?.aborted).toBe(true);
  });

  it("also ends a request that starts to listen only after the limit, such as one that waited for credentials", async () => {
    let ended = false;
    const late = async (attempt: Attempt) => {
      await new Promise((resolve) => setTimeout(resolve, 3000));
      expect(attempt.isEnded).toBe(true);
      attempt.onEnd(() => (ended = true));
      expect(attempt.signal.aborted).toBe(true);
      return "text";
    };
    const outcome = new AttemptRunner().run(late, unchanged, whole);
    await vi.advanceTimersByTimeAsync(3000);
    expect(await outcome).toMatchObject({ code: "RequestTimeout" });
    expect(ended).toBe(true);
  });

  it.each(["attempt", "response"] as const)("of 0 for the %s starts no timer", async (of) => {
    const send = (attempt: Attempt) => {
      attempt.moved();
      expect(vi.getTimerCount()).toBe(0);
      return Promise.resolve("text");
    };
    expect(await new AttemptRunner().run(send, unchanged, { of, milliseconds: 0, name: "the limit" })).toBe("text");
  });

  it("does not end a request that already has its response", async () => {
    let kept: AbortSignal | undefined;
    let ends = 0;
    const send = (attempt: Attempt) => {
      attempt.onEnd(() => ends++);
      kept = attempt.signal;
      return Promise.resolve("text");
    };
    const attempts = new AttemptRunner();
    expect(await attempts.run(send, unchanged, whole)).toBe("text");
    expect(vi.getTimerCount()).toBe(0);
    attempts.close();
    expect(kept?.aborted).toBe(false);
    expect(ends).toBe(0);
  });
});

describe("a limit of the response", () => {
  /** Starts an attempt whose progress and response the test controls. */
  function begun(limit = responseLimit) {
    let attempt: Attempt | undefined;
    let respond: (text: string) => void = () => undefined;
    const send = (started: Attempt) => {
      attempt = started;
      return new Promise<string>((resolve) => (respond = resolve));
    };
    const seen = watched(new AttemptRunner().run(send, unchanged, limit));
    return { seen, attempt: attempt as unknown as Attempt, respond: (text: string) => respond(text) };
  }

  it("does not run before the connection is open: credentials and connections have their own limits", async () => {
    const { seen } = begun();
    expect(vi.getTimerCount()).toBe(0);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(seen.outcome).toBe("none yet");
  });

  it.each([
    [9999, "none yet"],
    [10_000, "RequestTimeout"],
    [10_001, "RequestTimeout"],
  ])("of 10 s is, %i ms after the request was sent, at '%s'", async (afterMs, expected) => {
    const { seen, attempt } = begun();
    attempt.moved();
    await vi.advanceTimersByTimeAsync(afterMs);
    const outcome = seen.outcome;
    expect(typeof outcome === "string" ? outcome : outcome.code).toBe(expected);
    if (typeof outcome === "string") return;
    expect(outcome).toMatchObject({ message: "no response within the limit (10 s)", cause: "transient" });
    expect(attempt.isEnded).toBe(true);
  });

  it("restarts with each sent part, for any total time, with a single timer", async () => {
    const { seen, attempt } = begun();
    for (let parts = 0; parts < 30; parts++) {
      attempt.moved();
      expect(vi.getTimerCount()).toBe(1);
      await vi.advanceTimersByTimeAsync(9999);
    }
    expect(seen.outcome).toBe("none yet");
    await vi.advanceTimersByTimeAsync(1);
    expect(seen.outcome).toMatchObject({ code: "RequestTimeout" });
  });

  it("ends with the response, even when a part of the request is sent afterwards", async () => {
    const { seen, attempt, respond } = begun();
    attempt.moved();
    respond("text");
    await settled();
    expect(seen.outcome).toBe("text");
    attempt.moved();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("an attempt that waits for credentials", () => {
  it("fails at its limit with CredentialsTimeout and the name of the source", async () => {
    const send = (attempt: Attempt) => attempt.waitForCredentials(() => "AssumeRole of role/a", deaf());
    const seen = watched(new AttemptRunner().run(send, unchanged, whole));
    await vi.advanceTimersByTimeAsync(2000);
    const message = "no credentials within the limit (2 s): no response from AssumeRole of role/a";
    expect(seen.outcome).toEqual({ kind: "failed", code: "CredentialsTimeout", message, cause: "transient" });
  });

  it.each([
    ["got them", () => Promise.resolve("keys")],
    ["was refused them", () => Promise.reject(new Error("no"))],
  ])("and then %s fails with RequestTimeout when the service does not respond", async (_, credentials) => {
    const send = async (attempt: Attempt) => {
      await attempt.waitForCredentials(() => "AssumeRole of role/a", credentials()).catch(() => undefined);
      return deaf();
    };
    const seen = watched(new AttemptRunner().run(send, unchanged, whole));
    await vi.advanceTimersByTimeAsync(2000);
    expect(seen.outcome).toMatchObject({ code: "RequestTimeout", message: "no response within the limit (2 s)" });
  });

  it("ends immediately on close", async () => {
    const attempts = new AttemptRunner();
    const send = (attempt: Attempt) => attempt.waitForCredentials(() => "AssumeRole of role/a", deaf());
    const outcome = attempts.run(send, unchanged, responseLimit);
    attempts.close();
    expect(await outcome).toMatchObject({ code: "AbortError", cause: "setup" });
  });
});

describe("close", () => {
  it.each([["that listen to their signals", endless().send], ["that listen to onEnd", listening], ["that listen to nothing", deaf]])(
    "ends all requests under way %s as permanent failures",
    async (_, send) => {
      const attempts = new AttemptRunner();
      const outcomes = Promise.all([attempts.run(send, unchanged, noLimit), attempts.run(send, unchanged, whole)]);
      attempts.close();
      for (const outcome of await outcomes) expect(outcome).toMatchObject({ code: "AbortError", cause: "setup" });
      expect(vi.getTimerCount()).toBe(0);
    },
  );

  it("ends later attempts immediately, before they send", async () => {
    const attempts = new AttemptRunner();
    attempts.close();
    const { send, signals } = endless();
    expect(await attempts.run(send, unchanged, noLimit)).toMatchObject({ code: "AbortError", cause: "setup" });
    expect(signals).toEqual([]);
  });

  it("of one runner does not end the requests of another", async () => {
    let respond: (text: string) => void = () => undefined;
    const outcome = new AttemptRunner().run(() => new Promise<string>((resolve) => (respond = resolve)), unchanged, noLimit);
    new AttemptRunner().close();
    respond("text");
    expect(await outcome).toBe("text");
  });
});
