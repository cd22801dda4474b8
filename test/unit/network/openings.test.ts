// Tests the opening of an agent's connections: the time limit, and the end of the agent.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Openings } from "../../../src/network/openings.js";

interface Connection {
  readonly destroy: () => unknown;
}

/** Starts an opening with a limit of 5 s, whose connection the test controls. */
function opening() {
  const openings = new Openings(5000);
  let settle: { resolve: (connection: Connection) => void; reject: (error: Error) => void } | undefined;
  let signal: AbortSignal | undefined;
  const seen: { outcome: unknown } = { outcome: "none yet" };
  const opened = openings.run((given) => {
    signal = given;
    return new Promise<Connection>((resolve, reject) => (settle = { resolve, reject }));
  });
  opened.then(
    (connection) => (seen.outcome = connection),
    (error: unknown) => (seen.outcome = error),
  );
  return { openings, seen, settle: settle as unknown as NonNullable<typeof settle>, signal: signal as unknown as AbortSignal };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

async function settled(): Promise<void> {
  await new Promise(setImmediate);
}

describe("an opening", () => {
  it("returns the connection, leaves no timer behind, and never aborts the signal afterwards", async () => {
    const { openings, seen, settle, signal } = opening();
    const connection = { destroy: vi.fn() };
    settle.resolve(connection);
    await settled();
    expect(seen.outcome).toBe(connection);
    expect(vi.getTimerCount()).toBe(0);
    openings.close();
    expect(signal.aborted).toBe(false);
    expect(connection.destroy).not.toHaveBeenCalled();
  });

  it("throws the error of its open function", async () => {
    const { seen, settle } = opening();
    settle.reject(new Error("refused"));
    await settled();
    expect(seen.outcome).toMatchObject({ message: "refused" });
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([4999, 5000])("times out after 5 s: after %i ms", async (afterMs) => {
    const { seen, signal } = opening();
    await vi.advanceTimersByTimeAsync(afterMs);
    expect(signal.aborted).toBe(afterMs >= 5000);
    if (afterMs < 5000) expect(seen.outcome).toBe("none yet");
    else expect(seen.outcome).toMatchObject({ code: "ETIMEDOUT", message: "no connection within 5 s" });
  });

  it("that succeeds after its timeout has its connection destroyed", async () => {
    const { settle } = opening();
    await vi.advanceTimersByTimeAsync(5000);
    const connection = { destroy: vi.fn() };
    settle.resolve(connection);
    await settled();
    expect(connection.destroy).toHaveBeenCalledOnce();
  });
});

describe("closed openings", () => {
  it("abort unfinished connections immediately", async () => {
    const { openings, seen, signal } = opening();
    openings.close();
    await settled();
    expect(seen.outcome).toMatchObject({ code: "ABORT_ERR" });
    expect(signal.aborted).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("open no new connections", async () => {
    const openings = new Openings(5000);
    openings.close();
    const open = vi.fn(() => Promise.resolve({ destroy: () => undefined }));
    await expect(openings.run(open)).rejects.toMatchObject({ code: "ABORT_ERR" });
    expect(open).not.toHaveBeenCalled();
  });
});
