/** Tests that only rejected records are retried, and that each record ends as sent or with a reason. */
import { describe, expect, it } from "vitest";
import { type Attempt, hasRoom, isSendable, type Outgoing, type Put, sendBatch } from "../../../../scripts/resend/sending.js";

const recordsOf = (count: number): Outgoing[] => Array.from({ length: count }, (_, n) => ({ partitionKey: `k${n}`, data: Buffer.from(`${n}`) }));
const failed = (cause: "transient" | "setup" | "content", code = "Oops"): Attempt => ({ kind: "failed", failure: { code, message: "m" }, cause, error: new Error(code) });
const internal = { code: "InternalFailure", message: "m" };

function run(records: readonly Outgoing[], answer: (records: readonly string[], request: number) => Attempt, maxTries = 3, isStopped = () => false) {
  const requests: string[][] = [];
  const slept: number[] = [];
  const put: Put = (_, sent) => {
    requests.push(sent.map(({ data }) => Buffer.from(data).toString()));
    return Promise.resolve(answer(requests.at(-1) ?? [], requests.length));
  };
  const sleep = (milliseconds: number): Promise<void> => {
    slept.push(milliseconds);
    return Promise.resolve();
  };
  const sent = sendBatch("s", records, put, { sleep, maxTries, isStopped });
  return sent.then(({ unsent, end }) => ({
    unsent: [...unsent].map(([{ data }, failure]) => [Buffer.from(data).toString(), failure?.code]),
    ...{ end, requests, slept },
  }));
}

const all = (records: readonly string[]): Attempt => ({ kind: "responded", failures: records.map(() => undefined) });

describe("a batch", () => {
  it("that is accepted takes one request", async () => {
    expect(await run(recordsOf(3), all)).toEqual({ unsent: [], requests: [["0", "1", "2"]], slept: [] });
  });

  it("is retried with the failed records only, after growing waits, up to the maximum of tries", async () => {
    const { requests, unsent, slept } = await run(recordsOf(4), (records) => ({
      kind: "responded",
      failures: records.map((text, index) => (text === "3" || index === 0 ? internal : undefined)),
    }));
    expect(requests).toEqual([["0", "1", "2", "3"], ["0", "3"], ["0", "3"]]);
    expect(unsent).toEqual([["0", "InternalFailure"], ["3", "InternalFailure"]]);
    expect(slept).toEqual([200, 400]);
  });

  it("that is throttled is retried beyond that maximum", async () => {
    const throttled = failed("transient", "ProvisionedThroughputExceededException");
    const { requests, unsent, slept } = await run(recordsOf(1), (records, request) => (request < 10 ? throttled : all(records)));
    expect(requests).toHaveLength(10);
    expect(unsent).toEqual([]);
    expect(Math.max(...slept)).toBe(5000);
  });

  it("that is rejected for its content is halved until the invalid records are alone", async () => {
    const poisoned = (records: readonly string[]): Attempt => (records.includes("2") || records.includes("6") ? failed("content", "ValidationException") : all(records));
    const { requests, unsent } = await run(recordsOf(8), poisoned);
    expect(unsent).toEqual([["2", "ValidationException"], ["6", "ValidationException"]]);
    const taken = requests.filter((records) => !records.includes("2") && !records.includes("6")).flat();
    expect(taken.sort()).toEqual(["0", "1", "3", "4", "5", "7"]);
  });

  it("that fails permanently ends, and does not count records as unsent that were sent before", async () => {
    const halves = (records: readonly string[], request: number): Attempt => {
      if (request === 1) return failed("content");
      return request === 2 ? all(records) : failed("setup", "AccessDeniedException");
    };
    const { unsent, end } = await run(recordsOf(4), halves);
    expect(unsent).toEqual([["2", undefined], ["3", undefined]]);
    expect(end?.error).toEqual(new Error("AccessDeniedException"));
    const first = await run(recordsOf(4), (_, request) => failed(request === 1 ? "content" : "setup"));
    expect(first.unsent.map(([text]) => text)).toEqual(["0", "1", "2", "3"]);
    expect(first.requests).toHaveLength(2);
  });

  it("is not retried when the user has ended the command", async () => {
    const { requests, unsent } = await run(recordsOf(1), () => failed("transient"), 3, () => true);
    expect([requests.length, unsent]).toEqual([1, [["0", "Oops"]]]);
  });
});

describe("a batch", () => {
  const large = (bytes: number): Outgoing => ({ partitionKey: "k", data: Buffer.alloc(bytes - 1) });

  it.each([
    [499, 0, 10, true],
    [500, 0, 10, false],
    [1, 10_485_760 - 10, 10, true],
    [1, 10_485_760 - 9, 10, false],
    [0, 0, 10_485_760, true],
  ])("of %i records and %i bytes has room for one of %i bytes: %s", (records, bytes, next, room) => {
    expect(hasRoom(records, bytes, large(next))).toBe(room);
  });

  it("has no room for a record with its key beyond the limit of any stream", () => {
    expect([isSendable(large(10_485_760)), isSendable(large(10_485_761))]).toEqual([true, false]);
  });
});
