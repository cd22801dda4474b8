// One attempt of a request: its limit of time, and what becomes of it when the output is closed.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AttemptRunner, type Attempt, type TimeLimit } from "../../../src/kinesis/attempt.js";

const unchanged = (answer: string) => answer;
const noLimit: TimeLimit = { of: "attempt", milliseconds: 0, name: "the limit" };
const whole: TimeLimit = { of: "attempt", milliseconds: 2000, name: "the limit (2 s)" };
const answerLimit: TimeLimit = { of: "response", milliseconds: 10_000, name: "the limit (10 s)" };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Lets what has become ready run. */
async function settled(): Promise<void> {
  await new Promise(setImmediate);
}

/** The outcome as soon as there is one. */
function watched<Outcome>(outcome: Promise<Outcome>): { outcome: Outcome | "none yet" } {
  const seen: { outcome: Outcome | "none yet" } = { outcome: "none yet" };
  void outcome.then((settledAs) => (seen.outcome = settledAs));
  return seen;
}

/** A request that goes on until its signal ends it, as the SDK's do; the signal is kept. */
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

/** One that goes on until it is told of its end. */
const listening = (attempt: Attempt) =>
  new Promise<string>((_, reject) => {
    attempt.onEnd(() => reject(Object.assign(new Error("socket hang up"), { code: "ECONNRESET" })));
  });

/** One that no signal ends, such as a program that fetches credentials. */
const deaf = () => new Promise<string>(() => undefined);

describe("an attempt", () => {
  it("gives what was read of its answer", async () => {
    const outcome = await new AttemptRunner().run(() => Promise.resolve("text"), (answer) => answer.length, noLimit);
    expect(outcome).toBe(4);
  });

  it("whose answer cannot be read has failed", async () => {
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
  ])("whose request %s has failed", async (_, send) => {
    const outcome = await new AttemptRunner().run(send, unchanged, noLimit);
    expect(outcome).toEqual({ kind: "failed", code: "ECONNRESET", message: "gone", cause: "transient" });
  });
});

describe("a limit of the whole attempt", () => {
  it.each([["that listens to its signal", endless().send], ["that listens for its end", listening], ["that listens to nothing", deaf]])(
    "ends a request %s when it is reached, not before, as to be tried again",
    async (_, send) => {
      const seen = watched(new AttemptRunner().run(send, unchanged, whole));
      await vi.advanceTimersByTimeAsync(1999);
      expect(seen.outcome).toBe("none yet");
      await vi.advanceTimersByTimeAsync(1);
      const message = "no response within the limit (2 s)";
      expect(seen.outcome).toEqual({ kind: "failed", code: "RequestTimeout", message, cause: "transient" });
    },
  );

  it.each([1999, 2000, 2001])("of 2000 ms holds for an answer after %i ms, whatever has moved meanwhile", async (afterMs) => {
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

  it("reaches the request's own signal", async () => {
    const { send, signals } = endless();
    const outcome = new AttemptRunner().run(send, unchanged, whole);
    await vi.advanceTimersByTimeAsync(2000);
    await outcome;
    expect(signals[0]?.aborted).toBe(true);
  });

  it("also ends a request that begins to listen only afterwards, as one does that waited for credentials", async () => {
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

  it("leaves alone a request that was answered before", async () => {
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

describe("a limit of the answer", () => {
  /** An attempt of which the test says what moves. */
  function begun(limit = answerLimit) {
    let attempt: Attempt | undefined;
    let answer: (text: string) => void = () => undefined;
    const send = (started: Attempt) => {
      attempt = started;
      return new Promise<string>((resolve) => (answer = resolve));
    };
    const seen = watched(new AttemptRunner().run(send, unchanged, limit));
    return { seen, attempt: attempt as unknown as Attempt, answer: (text: string) => answer(text) };
  }

  it("does not run before there is a connection: credentials and connections have limits of their own", async () => {
    const { seen } = begun();
    expect(vi.getTimerCount()).toBe(0);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(seen.outcome).toBe("none yet");
  });

  it.each([
    [9999, "none yet"],
    [10_000, "RequestTimeout"],
    [10_001, "RequestTimeout"],
  ])("of 10 s is %i ms after the request has left at '%s'", async (afterMs, expected) => {
    const { seen, attempt } = begun();
    attempt.moved();
    await vi.advanceTimersByTimeAsync(afterMs);
    const outcome = seen.outcome;
    expect(typeof outcome === "string" ? outcome : outcome.code).toBe(expected);
    if (typeof outcome === "string") return;
    expect(outcome).toMatchObject({ message: "no response within the limit (10 s)", cause: "transient" });
    expect(attempt.isEnded).toBe(true);
  });

  it("begins anew with each part that leaves, however long the whole takes, with a single timer", async () => {
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

  it("is over with the answer, also where a part of the request leaves afterwards", async () => {
    const { seen, attempt, answer } = begun();
    attempt.moved();
    answer("text");
    await settled();
    expect(seen.outcome).toBe("text");
    attempt.moved();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("an attempt that waits for credentials", () => {
  it("and is ended by the limit fails for their source, which the message names, and not for the service", async () => {
    const send = (attempt: Attempt) => attempt.waitForCredentials(() => "AssumeRole of role/a", deaf());
    const seen = watched(new AttemptRunner().run(send, unchanged, whole));
    await vi.advanceTimersByTimeAsync(2000);
    const message = "no credentials within the limit (2 s): no response from AssumeRole of role/a";
    expect(seen.outcome).toEqual({ kind: "failed", code: "CredentialsTimeout", message, cause: "transient" });
  });

  it.each([
    ["had them", () => Promise.resolve("keys")],
    ["was refused them", () => Promise.reject(new Error("no"))],
  ])("and then %s fails for the service when that does not answer", async (_, credentials) => {
    const send = async (attempt: Attempt) => {
      await attempt.waitForCredentials(() => "AssumeRole of role/a", credentials()).catch(() => undefined);
      return deaf();
    };
    const seen = watched(new AttemptRunner().run(send, unchanged, whole));
    await vi.advanceTimersByTimeAsync(2000);
    expect(seen.outcome).toMatchObject({ code: "RequestTimeout", message: "no response within the limit (2 s)" });
  });

  it("is ended at once by close", async () => {
    const attempts = new AttemptRunner();
    const send = (attempt: Attempt) => attempt.waitForCredentials(() => "AssumeRole of role/a", deaf());
    const outcome = attempts.run(send, unchanged, answerLimit);
    attempts.close();
    expect(await outcome).toMatchObject({ code: "AbortError", cause: "setup" });
  });
});

describe("close", () => {
  it.each([["that listen to their signals", endless().send], ["that listen for their end", listening], ["that listen to nothing", deaf]])(
    "ends all requests under way %s, as not to be tried again",
    async (_, send) => {
      const attempts = new AttemptRunner();
      const outcomes = Promise.all([attempts.run(send, unchanged, noLimit), attempts.run(send, unchanged, whole)]);
      attempts.close();
      for (const outcome of await outcomes) expect(outcome).toMatchObject({ code: "AbortError", cause: "setup" });
      expect(vi.getTimerCount()).toBe(0);
    },
  );

  it("ends at once what is begun afterwards", async () => {
    const attempts = new AttemptRunner();
    attempts.close();
    const { send, signals } = endless();
    expect(await attempts.run(send, unchanged, noLimit)).toMatchObject({ code: "AbortError", cause: "setup" });
    // Nothing was sent.
    expect(signals).toEqual([]);
  });

  it("of one runner leaves another's requests alone", async () => {
    let answer: (text: string) => void = () => undefined;
    const outcome = new AttemptRunner().run(() => new Promise<string>((resolve) => (answer = resolve)), unchanged, noLimit);
    new AttemptRunner().close();
    answer("text");
    expect(await outcome).toBe("text");
  });
});
