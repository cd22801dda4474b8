// One attempt of a request: its limit of time, and what becomes of it when the output is closed.
import { describe, expect, it, vi } from "vitest";
import { AttemptRunner, type Attempt } from "../../../src/send/attempt.js";

const unchanged = (answer: string) => answer;

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

/** As while the SDK fetches credentials: no signal ends it. */
const deaf = () => new Promise<string>(() => undefined);

describe("an attempt", () => {
  it("gives what was read of its answer", async () => {
    const outcome = await new AttemptRunner().run(() => Promise.resolve("text"), (answer) => answer.length, 0, "limit");
    expect(outcome).toBe(4);
  });

  it("whose answer cannot be read has failed", async () => {
    const read = () => {
      throw new TypeError("no such field");
    };
    const outcome = await new AttemptRunner().run(() => Promise.resolve("text"), read, 0, "limit");
    expect(outcome).toEqual({ kind: "failed", code: "TypeError", message: "no such field", cause: "setup" });
  });

  it.each([
    ["rejects", () => Promise.reject(Object.assign(new Error("gone"), { code: "ECONNRESET" }))],
    ["throws", () => {
      throw Object.assign(new Error("gone"), { code: "ECONNRESET" });
    }],
  ])("whose request %s has failed", async (_, send) => {
    const outcome = await new AttemptRunner().run(send, unchanged, 0, "limit");
    expect(outcome).toEqual({ kind: "failed", code: "ECONNRESET", message: "gone", cause: "transient" });
  });
});

describe("the limit of time", () => {
  it.each([["that listens to its signal", endless().send], ["that listens for its end", listening], ["that does not", deaf]])(
    "ends a request %s, as to be tried again, and tells its name and length",
    async (_, send) => {
      const outcome = await new AttemptRunner().run(send, unchanged, 20, "the limit");
      const message = "no answer within the limit (0.02 s)";
      expect(outcome).toEqual({ kind: "failed", code: "RequestTimeout", message, cause: "transient" });
    },
  );

  it("reaches the request's own signal", async () => {
    const { send, signals } = endless();
    await new AttemptRunner().run(send, unchanged, 20, "the limit");
    expect(signals[0]?.aborted).toBe(true);
  });

  it("also ends a request that begins to listen only afterwards, as one does that waited for credentials", async () => {
    let ended = false;
    let hasListened: () => void = () => undefined;
    const listened = new Promise<void>((resolve) => (hasListened = resolve));
    const late = async (attempt: Attempt) => {
      await new Promise((resolve) => setTimeout(resolve, 40));
      attempt.onEnd(() => (ended = true));
      expect(attempt.signal.aborted).toBe(true);
      hasListened();
      return "text";
    };
    expect(await new AttemptRunner().run(late, unchanged, 10, "limit")).toMatchObject({ code: "RequestTimeout" });
    await listened;
    expect(ended).toBe(true);
  });

  it("of 0 is none", async () => {
    const timeout = vi.spyOn(globalThis, "setTimeout");
    await new AttemptRunner().run(() => Promise.resolve("text"), unchanged, 0, "limit");
    expect(timeout).not.toHaveBeenCalled();
    timeout.mockRestore();
  });

  it("leaves alone what was answered before", async () => {
    let kept: AbortSignal | undefined;
    let ends = 0;
    const send = (attempt: Attempt) => {
      attempt.onEnd(() => ends++);
      kept = attempt.signal;
      return Promise.resolve("text");
    };
    const attempts = new AttemptRunner();
    expect(await attempts.run(send, unchanged, 10, "limit")).toBe("text");
    await new Promise((resolve) => setTimeout(resolve, 40));
    attempts.close();
    expect(kept?.aborted).toBe(false);
    expect(ends).toBe(0);
  });
});

describe("close", () => {
  it.each([["that listen to their signals", endless().send], ["that listen for their end", listening], ["that do not", deaf]])(
    "ends all requests under way %s, as not to be tried again",
    async (_, send) => {
      const attempts = new AttemptRunner();
      const outcomes = Promise.all([attempts.run(send, unchanged, 0, "limit"), attempts.run(send, unchanged, 60_000, "limit")]);
      attempts.close();
      for (const outcome of await outcomes) expect(outcome).toMatchObject({ code: "AbortError", cause: "setup" });
    },
  );

  it("ends at once what is begun afterwards", async () => {
    const attempts = new AttemptRunner();
    attempts.close();
    const { send, signals } = endless();
    expect(await attempts.run(send, unchanged, 0, "limit")).toMatchObject({ code: "AbortError", cause: "setup" });
    // Nothing was sent.
    expect(signals).toEqual([]);
  });

  it("of one runner leaves another's requests alone", async () => {
    let answer: (text: string) => void = () => undefined;
    const outcome = new AttemptRunner().run(() => new Promise<string>((resolve) => (answer = resolve)), unchanged, 0, "limit");
    new AttemptRunner().close();
    answer("text");
    expect(await outcome).toBe("text");
  });
});
