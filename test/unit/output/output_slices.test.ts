// A chunk with more events than one slice holds: it is sent slice by slice, each event once.
import { describe, expect, it } from "vitest";
import { chunkOf } from "../../support/event_chunk.js";
import { CountedMetrics } from "../../support/counted_metrics.js";
import { allTextsIn } from "../../support/received_events.js";
import { allTaken, failedAt, requestFailed, type Step } from "../../support/scripted_client.js";
import { scriptedInstance, type InstanceSetting } from "../../support/scripted_instance.js";

const denied = requestFailed("AccessDeniedException", "setup");
const sliceEvents = 20_000;
/** Requests for one slice of small records. */
const sliceRequests = 40;
const raw = { log_key: "log" };

const linesOf = (count: number) => Array.from({ length: count }, (_, n) => `${n}`);
const bodiesOf = (count: number) => linesOf(count).map((log) => ({ log }));
const chunkOfLines = (count: number) => chunkOf(bodiesOf(count));
const taken = (requests: number): Step[] => Array.from({ length: requests }, () => allTaken);

function run(setting: InstanceSetting = {}) {
  const instance = scriptedInstance({ options: raw, ...setting });
  const requests = () => instance.client.requests.map(allTextsIn);
  return { ...instance, requests, texts: () => requests().flat() };
}

describe("a chunk of many events", () => {
  it.each([
    [sliceEvents - 1, [499]],
    [sliceEvents, [500]],
    [sliceEvents + 1, [500, 1]],
    [2 * sliceEvents + 1, [500, ...Array.from({ length: 40 }, () => 500), 1]],
  ])("with %i events is sent in order, and a request ends with its slice", async (count, lastSizes) => {
    const { flush, texts, requests } = run();
    expect(await flush(chunkOfLines(count))).toBe("ok");
    expect(texts()).toEqual(linesOf(count));
    const sizes = requests().map(({ length }) => length);
    expect(sizes.slice(0, sliceRequests - 1)).toEqual(Array.from({ length: sliceRequests - 1 }, () => 500));
    expect(sizes.slice(sliceRequests - 1)).toEqual(lastSizes);
  });

  it("keeps one slice in memory, and sends the next when it is delivered", async () => {
    let underWay = 0;
    let most = 0;
    const slow: Step = async (entries) => {
      underWay += entries.length;
      most = Math.max(most, underWay);
      await new Promise((resolve) => setImmediate(resolve));
      underWay -= entries.length;
      return allTaken;
    };
    const { flush, texts } = run({ options: { ...raw, concurrent_requests: "50" }, afterwards: slow });
    expect(await flush(chunkOfLines(3 * sliceEvents))).toBe("ok");
    expect(texts()).toHaveLength(3 * sliceEvents);
    expect(most).toBe(sliceEvents);
  });

  it("that fails permanently in its second slice goes on there when it is retried", async () => {
    const { flush, texts, digests } = run({ script: [...taken(sliceRequests), ...Array.from({ length: 10 }, () => denied)] });
    const chunk = chunkOfLines(3 * sliceEvents);
    expect(await flush(chunk)).toBe("retry");
    const before = texts().length;
    expect(before).toBeLessThanOrEqual(2 * sliceEvents);
    expect(await flush(chunk)).toBe("ok");
    expect(texts().slice(before)).toEqual(linesOf(3 * sliceEvents).slice(sliceEvents));
    expect(digests()).toBe(2);
  });

  it("that fails permanently in its first request is not read further, and is sent whole when it is retried", async () => {
    const { flush, texts, digests } = run({ options: { ...raw, concurrent_requests: "1" }, script: [denied] });
    const chunk = chunkOfLines(2 * sliceEvents);
    expect(await flush(chunk)).toBe("retry");
    expect(texts()).toHaveLength(500);
    expect(await flush(chunk)).toBe("ok");
    expect(texts().slice(500)).toEqual(linesOf(2 * sliceEvents));
    expect(digests()).toBe(0);
  });

  it("with a record in its first slice that is never accepted sends all other records, and then only that record", async () => {
    const stuck: Step = (entries) => failedAt(...entries.flatMap(({ events }, index) => (events.includes(7) ? [index] : [])));
    const { flush, texts, client } = run({ options: { ...raw, retry_timeout: "1" }, afterwards: stuck });
    const chunk = chunkOfLines(2 * sliceEvents);
    expect(await flush(chunk)).toBe("retry");
    expect(new Set(texts())).toEqual(new Set(linesOf(2 * sliceEvents)));
    expect(texts().filter((text) => text !== "7")).toEqual(linesOf(2 * sliceEvents).filter((text) => text !== "7"));
    const before = client.requests.length;
    expect(await flush(chunk)).toBe("retry");
    expect(new Set(client.requests.slice(before).flatMap(allTextsIn))).toEqual(new Set(["7"]));
  });

  it("that is detached between two slices is not read further", async () => {
    const chunk = Uint8Array.from(chunkOfLines(2 * sliceEvents));
    let requests = 0;
    const taking: Step = () => {
      if (++requests === sliceRequests) structuredClone(chunk.buffer, { transfer: [chunk.buffer] });
      return allTaken;
    };
    const { flush, texts, digests } = run({ afterwards: taking });
    expect(await flush(chunk)).toBe("retry");
    expect(texts()).toHaveLength(sliceEvents);
    expect(digests()).toBe(0);
  });

  it("without anything to send replies ok", async () => {
    const { flush, client } = run();
    const chunk = chunkOf(Array.from({ length: 2 * sliceEvents }, () => ({ other: 1 })));
    expect(await flush(chunk)).toBe("ok");
    expect(client.requests).toEqual([]);
  });
});

describe("the metrics of a chunk of many events", () => {
  const dropped = "dropped_records_total:no_log_key";

  it("count each dropped record once, in every slice, although the chunk is retried", async () => {
    const metrics = new CountedMetrics();
    const bodies = bodiesOf(3 * sliceEvents).map((body, n) => (n % sliceEvents === 10 ? { other: n } : body));
    const chunk = chunkOf(bodies);
    const script: Step[] = [...taken(sliceRequests), denied, ...taken(sliceRequests - 1)];
    const { flush, texts } = run({ options: { ...raw, concurrent_requests: "1" }, metrics, script: [...script, denied] });
    const outcomes: string[] = [];
    do outcomes.push(await flush(chunk));
    while (outcomes.at(-1) === "retry");
    expect(outcomes.length).toBeGreaterThan(1);
    expect(metrics.all[dropped]).toBe(3);
    expect(new Set(texts()).size).toBe(3 * sliceEvents - 3);
  });
});

describe("a retried chunk with unsent parts of many slices", () => {
  it("that fails immediately still sends only those parts at its next retry", async () => {
    let requests = 0;
    const mostlyFailed: Step = (entries) => {
      requests++;
      // Kinesis accepts one record of ten in the first flush, none in the second, and all in the third.
      if (requests <= 5 * sliceRequests) return failedAt(...entries.flatMap((_, index) => (index % 10 === 0 ? [] : [index])));
      return requests <= 5 * sliceRequests + 10 ? denied : allTaken;
    };
    const { flush, texts } = run({ options: { ...raw, retry_timeout: "0" }, afterwards: mostlyFailed });
    const chunk = chunkOfLines(5 * sliceEvents);
    expect(await flush(chunk)).toBe("retry");
    expect(await flush(chunk)).toBe("retry");
    const before = texts().length;
    expect(await flush(chunk)).toBe("ok");
    expect(texts().slice(before)).toEqual(linesOf(5 * sliceEvents).filter((_, n) => n % 10 !== 0));
  });
});
