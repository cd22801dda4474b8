// Joined records: after a partial failure or a refusal, each unsent record is sent again, once.
import { describe, expect, it } from "vitest";
import { chunkOf } from "../../support/event_chunk.js";
import { CountedMetrics } from "../../support/counted_metrics.js";
import { allTextsIn } from "../../support/received_events.js";
import type { EntryView } from "../../../src/pack/entry_table.js";
import { allTaken, failedAt, requestFailed, type Step } from "../../support/scripted_client.js";
import { scriptedInstance, type InstanceSetting } from "../../support/scripted_instance.js";

const refusal = requestFailed("ValidationException", "content");
const joined = { simple_aggregation: "true", log_key: "log" };
const ofKeys = (keys: string) => chunkOf(Array.from(keys, (key, n) => ({ key, log: `${key}${n}` })));

function run(setting: InstanceSetting = {}) {
  const metrics = new CountedMetrics();
  const instance = scriptedInstance({ options: { ...joined, partition_key: "key" }, metrics, ...setting });
  return { ...instance, metrics, requests: () => instance.client.requests.map(allTextsIn) };
}

describe("a chunk of joined records", () => {
  it("resends a failed entry as a whole, and counts its records once", async () => {
    const { flush, requests, metrics } = run({ script: [failedAt(1)] });
    expect(await flush(ofKeys("abab"))).toBe("ok");
    expect(requests()).toEqual([["a0\na2", "b1\nb3"], ["b1\nb3"]]);
    expect(metrics.all["sent_records_total"]).toBe(4);
  });

  it("joins only the unsent records when it is retried", async () => {
    const { flush, requests } = run({ options: { ...joined, partition_key: "key", retry_timeout: "0" }, script: [failedAt(1)] });
    const chunk = ofKeys("abcabb");
    expect(await flush(chunk)).toBe("retry");
    expect(await flush(chunk)).toBe("ok");
    expect(requests()).toEqual([["a0\na3", "b1\nb4\nb5", "c2"], ["b1\nb4\nb5"]]);
  });

  it("takes a refused entry apart, and drops only the refused record", async () => {
    const poisoned: Step = (entries: readonly EntryView[]) => (entries.some(({ data }) => Buffer.from(data).toString().includes("b3")) ? refusal : allTaken);
    const { flush, requests, log, metrics } = run({ afterwards: poisoned });
    expect(await flush(ofKeys("abababc"))).toBe("ok");
    const taken = requests().filter((texts) => !texts.join().includes("b3")).flat();
    expect(taken.sort()).toEqual(["a0\na2\na4", "b1", "b5", "c6"]);
    expect(metrics.all["dropped_records_total:refused"]).toBe(1);
    expect(metrics.all["sent_records_total"]).toBe(6);
    expect(log.at("error").join()).toContain("ValidationException");
  });

  it("keeps the order of a key across entries of the maximum size, with one request at a time per key", async () => {
    const options = { ...joined, partition_key: "key", max_record_size: "4096" };
    const chunk = chunkOf(Array.from({ length: 3000 }, (_, n) => ({ key: `k${n % 3}`, log: `${n} ${"x".repeat(500)}` })));
    const { flush, client } = run({ options });
    expect(await flush(chunk)).toBe("ok");
    const found = client.requests.flat().flatMap((entry) => Buffer.from(entry.data).toString().split("\n").map((line) => [entry.partitionKey, Number.parseInt(line, 10)] as const));
    expect(found).toHaveLength(3000);
    for (const key of ["k0", "k1", "k2"]) {
      const own = found.filter(([of]) => of === key).map(([, n]) => n);
      expect(own).toEqual([...own].sort((one, other) => one - other));
      expect(own).toHaveLength(1000);
    }
  });

  it("with many keys is sent in parallel requests, each entry with one key", async () => {
    const chunk = chunkOf(Array.from({ length: 2400 }, (_, n) => ({ key: `k${n % 1200}`, log: `${n}` })));
    let [underWay, most] = [0, 0];
    const slow: Step = async () => {
      most = Math.max(most, ++underWay);
      await new Promise((resolve) => setImmediate(resolve));
      underWay--;
      return allTaken;
    };
    const { flush, client } = run({ afterwards: slow });
    expect(await flush(chunk)).toBe("ok");
    expect(most).toBeGreaterThan(2);
    const requestsOfKeys = new Map<string | undefined, number>();
    for (const [index, request] of client.requests.entries()) for (const { partitionKey } of request) {
      expect(requestsOfKeys.has(partitionKey)).toBe(false);
      requestsOfKeys.set(partitionKey, index);
    }
    expect(requestsOfKeys.size).toBe(1200);
  });

  it("compresses the joined records, and counts the bytes before and after", async () => {
    const options = { ...joined, compression: "snappy", append_newline: "true" };
    const { flush, metrics } = run({ options });
    expect(await flush(chunkOf(Array.from({ length: 100 }, () => ({ log: "x".repeat(99) }))))).toBe("ok");
    expect(metrics.all["uncompressed_bytes_total"]).toBe(10_000);
    expect(metrics.all["compressed_bytes_total"]).toBeLessThan(1000);
  });
});
