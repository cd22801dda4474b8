/** Tests that concurrent requests are limited, and that each one runs. */
import { describe, expect, it } from "vitest";
import { maxRequests } from "../../../../scripts/tail/stream_api.js";
import { turns } from "../../../../scripts/tail/turns.js";
import { createHttpHandler } from "../../../../src/network/http_handler.js";
import { readNetworkEnvironment } from "../../../../src/network/network.js";
import { settled } from "../../../support/fake_clock.js";

interface Asked {
  readonly begun: number[];
  readonly ended: Promise<unknown>[];
  readonly end: (number: number, error?: Error) => void;
}

function ask(most: number, requests: number): Asked {
  const inTurn = turns(most);
  const begun: number[] = [];
  const ends = new Map<number, (error?: Error) => void>();
  const ended = Array.from({ length: requests }, (_, number) =>
    inTurn(() => {
      begun.push(number);
      return new Promise((resolve, reject) => ends.set(number, (error) => (error === undefined ? resolve(number) : reject(error))));
    }),
  );
  return { begun, ended, end: (number, error) => ends.get(number)?.(error) };
}

describe("turns", () => {
  it.each([[1, 1], [2, 2], [3, 2]])("let, of %i requests with room for two, %i begin, and the others when one has ended", async (requests, begun) => {
    const asked = ask(2, requests);
    await settled();
    expect(asked.begun).toHaveLength(begun);
    asked.end(0);
    await settled();
    expect(asked.begun).toHaveLength(requests);
  });

  it("come in the order of the calls, also after one that failed", async () => {
    const asked = ask(1, 3);
    asked.end(0, new Error("refused"));
    await expect(asked.ended[0]).rejects.toThrow("refused");
    await settled();
    asked.end(1);
    expect(await asked.ended[1]).toBe(1);
    await settled();
    asked.end(2);
    expect(await asked.ended[2]).toBe(2);
    expect(asked.begun).toEqual([0, 1, 2]);
  });

  it("are all free again when all requests have ended", async () => {
    const inTurn = turns(1);
    expect(await inTurn(() => Promise.resolve("one"))).toBe("one");
    expect(await inTurn(() => Promise.resolve("two"))).toBe("two");
  });

  it("are fewer than the connections of the HTTP handler", async () => {
    const handler = createHttpHandler(await readNetworkEnvironment({}));
    const target = handler.directTarget({ protocol: "https:", hostname: "example.com", path: "/" });
    expect(maxRequests).toBeLessThan(target?.agent.maxSockets ?? 0);
    handler.destroy();
  });
});
