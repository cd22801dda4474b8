// The metrics of an output: each record counts once, however often its chunk is flushed.
import { describe, expect, it } from "vitest";
import { chunkOf } from "../../support/event_chunk.js";
import { CountedMetrics } from "../../support/counted_metrics.js";
import { settled } from "../../support/fake_clock.js";
import { HeldClient } from "../../support/held_client.js";
import { allTaken, failedAt, failedWith, requestFailed } from "../../support/scripted_client.js";
import { type InstanceSetting, scriptedInstance, type ScriptedInstance } from "../../support/scripted_instance.js";

const byLogKey = { log_key: "log" };
const refuses = requestFailed("ValidationException", "content");
const unreachable = requestFailed("ENOTFOUND", "setup");
/** Two good records, and one of each that is dropped or cut. */
const mixed = chunkOf([{ log: "one" }, { other: 1 }, { log: "" }, { log: [Number.NaN] }, { log: "x".repeat(5000) }]);
const dropped = {
  "dropped_records_total:no_log_key": 1,
  "dropped_records_total:empty": 1,
  "dropped_records_total:no_json": 1,
};

function counted(setting: InstanceSetting): ScriptedInstance & { readonly metrics: CountedMetrics } {
  const metrics = new CountedMetrics();
  return { ...scriptedInstance({ ...setting, metrics }), metrics };
}

describe("a flush", () => {
  it("counts sent, dropped and cut records, and publishes the counts at its end", async () => {
    const { flush, metrics } = counted({ options: { ...byLogKey, max_record_size: "4096" } });
    expect(await flush(mixed, "tag")).toBe("ok");
    expect(metrics.all).toMatchObject({ sent_records_total: 2, sent_entries_total: 2, truncated_records_total: 1, ...dropped });
    expect(metrics.published.at(-1)).toEqual(metrics.all);
    expect(metrics.all).not.toHaveProperty("flush_retries_total");
  });

  it("with an aggregate counts one entry and its records", async () => {
    const { flush, metrics } = counted({ options: { aggregation: "true" } });
    await flush(chunkOf([{ a: 1 }, { a: 2 }, { a: 3 }]), "tag");
    expect(metrics.all).toMatchObject({ sent_records_total: 3, sent_entries_total: 1 });
  });

  it("counts bytes before and after compression", async () => {
    const { flush, metrics, client } = counted({ options: { ...byLogKey, compression: "gzip" } });
    await flush(chunkOf([{ log: "x".repeat(1000) }, { log: "y".repeat(500) }, { other: 1 }]), "tag");
    const sent = (client.requests[0] ?? []).reduce((sum, { data }) => sum + data.length, 0);
    expect(metrics.all).toMatchObject({ uncompressed_bytes_total: 1500, compressed_bytes_total: sent });
  });

  it("counts the same compressed bytes with and without aggregation", async () => {
    const compressed = async (options: Readonly<Record<string, string>>) => {
      const { flush, metrics } = counted({ options: { ...byLogKey, compression: "gzip", ...options } });
      await flush(chunkOf([{ log: "x".repeat(1000) }, { log: "y".repeat(500) }]), "tag");
      return metrics.of("compressed");
    };
    expect(await compressed({ aggregation: "true" })).toEqual(await compressed({}));
  });

  it("counts a refused record and the retry rounds", async () => {
    const { flush, metrics } = counted({ options: byLogKey, script: [refuses, refuses, failedAt(0), allTaken] });
    expect(await flush(chunkOf([{ log: "one" }, { log: "two" }]), "tag")).toBe("ok");
    expect(metrics.all).toEqual({
      "requests_total:content": 2,
      "requests_total:answered": 2,
      "failed_entries_total:other": 1,
      "dropped_records_total:refused": 1,
      retry_rounds_total: 1,
      sent_records_total: 1,
      sent_entries_total: 1,
      sent_bytes_total: 11,
    });
  });

  it("counts the bytes once when a refused aggregate is taken apart", async () => {
    const options = { ...byLogKey, compression: "gzip", aggregation: "true" };
    const { flush, metrics, client } = counted({ options, script: [refuses] });
    await flush(chunkOf([{ log: "x".repeat(1000) }, { log: "y".repeat(500) }]), "tag");
    expect(client.requests.map((entries) => entries.length)).toEqual([1, 2]);
    await flush(chunkOf([{ log: "z".repeat(100) }]), "tag");
    expect(metrics.all).toMatchObject({ uncompressed_bytes_total: 1600, sent_records_total: 3 });
  });

  it("counts values that are not events as dropped", async () => {
    const { flush, metrics } = counted({});
    await flush(Buffer.concat([Buffer.from([0x01]), chunkOf([{ a: 1 }])]), "tag");
    expect(metrics.all).toMatchObject({ "dropped_records_total:not_an_event": 1, sent_records_total: 1 });
  });
});

describe("a retried chunk", () => {
  it("of which nothing was delivered is counted at its delivery, and each retry is counted", async () => {
    const { flush, metrics } = counted({ options: byLogKey, script: [unreachable, unreachable] });
    for (const outcome of ["retry", "retry", "ok"]) expect(await flush(mixed, "tag")).toBe(outcome);
    expect(metrics.all).toMatchObject({ flush_retries_total: 2, "requests_total:setup": 2, sent_records_total: 2, ...dropped });
  });

  it("of which a part was delivered does not count its dropped records again", async () => {
    const script = [failedAt(0), unreachable];
    const { flush, metrics } = counted({ options: { ...byLogKey, compression: "zlib" }, script });
    expect(await flush(mixed, "tag")).toBe("retry");
    const first = metrics.all;
    expect(first).toMatchObject({ ...dropped, sent_records_total: 1 });
    expect(await flush(mixed, "tag")).toBe("ok");
    expect(metrics.all).toMatchObject({ ...dropped, sent_records_total: 2 });
    expect(metrics.of("uncompressed")).toEqual({ uncompressed_bytes_total: first["uncompressed_bytes_total"] });
  });
});

describe("an output with concurrent_requests", () => {
  const throttled = failedWith("ProvisionedThroughputExceededException", 0);

  it("publishes its limit from the start", () => {
    const { metrics } = counted({ options: { concurrent_requests: "7" } });
    expect(metrics.limits).toEqual([7]);
  });

  it("publishes a lower limit when the service throttles", async () => {
    const { flush, metrics } = counted({ options: { ...byLogKey, concurrent_requests: "8" }, script: [throttled] });
    await flush(chunkOf([{ log: "one" }]), "tag");
    expect(metrics.limits).toEqual([8, 4]);
  });

  it("counts the requests in flight of several chunks", async () => {
    const service = new HeldClient();
    const { flush, metrics } = counted({ afterwards: (entries) => service.hold(entries) });
    const flushes = [1, 2, 3].map((n) => flush(chunkOf([{ n }])));
    await settled();
    expect(metrics.inFlight).toBe(3);
    await service.answerAll();
    expect(await Promise.all(flushes)).toEqual(["ok", "ok", "ok"]);
    expect(metrics.inFlight).toBe(0);
    expect(metrics.all).toMatchObject({ sent_records_total: 3, "requests_total:answered": 3 });
  });
});

describe("an output with experimental_concurrency", () => {
  it("counts a chunk that fails after its retries as a flush retry, and none of its records as dropped", async () => {
    const options = { ...byLogKey, experimental_concurrency: "1", experimental_concurrency_retries: "1" };
    const { flush, metrics } = counted({ options, afterwards: unreachable });
    expect(await flush(chunkOf([{ log: "one" }]), "tag")).toBe("retry");
    expect(metrics.all).toEqual({ "requests_total:setup": 1, flush_retries_total: 1 });
    expect(metrics.published.at(-1)).toEqual(metrics.all);
  });
});
