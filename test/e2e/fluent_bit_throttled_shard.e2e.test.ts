// Tests a stream of four shards, one of which gets far more than its limit: lines for the others arrive immediately.
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ShardMap } from "../../src/pack/shard_map.js";
import { deaggregateAll } from "../support/deaggregate.js";
import { FluentBit } from "../support/fluent_bit.js";
import { REGION, type ReceivedRecord } from "../support/kinesis_local.js";
import { evenShards, shardOfKey } from "../support/limited_shards.js";
import { ScriptedService, type ServedResponse, type ServedRequest } from "../support/scripted_service.js";
import { ShardBuckets } from "../support/shard_buckets.js";
import { textOf } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const shards = evenShards(4);
const map = new ShardMap(shards);

interface PutRecordsBody {
  readonly Records: readonly { readonly Data: string; readonly PartitionKey: string; readonly ExplicitHashKey?: string }[];
}

/** A Kinesis whose shards have limits, and which lists them. */
class LimitedKinesis {
  readonly received: (ReceivedRecord & { readonly atMs: number })[] = [];
  throttled = 0;
  readonly #buckets: ShardBuckets;

  constructor(recordsPerSecond: number) {
    this.#buckets = new ShardBuckets(recordsPerSecond, () => performance.now());
  }

  answer({ headers, body }: ServedRequest): ServedResponse {
    if (headers["x-amz-target"]?.toString().endsWith("ListShards") === true) {
      const listed = shards.map(({ id, startingHashKey, endingHashKey }) => {
        const range = { StartingHashKey: String(startingHashKey), EndingHashKey: String(endingHashKey) };
        return { ShardId: id, HashKeyRange: range, SequenceNumberRange: { StartingSequenceNumber: "0" } };
      });
      return { headers: { "content-type": "application/x-amz-json-1.1" }, body: JSON.stringify({ Shards: listed }) };
    }
    const { Records: records } = JSON.parse(body) as PutRecordsBody;
    const results = records.map(({ Data: data, PartitionKey: partitionKey, ExplicitHashKey: hashKey }) => {
      const shardId = hashKey === undefined ? shardOfKey(shards, partitionKey) : (map.shardIdOf(BigInt(hashKey)) ?? "");
      if (!this.#buckets.takes(shardId)) return { ErrorCode: "ProvisionedThroughputExceededException", ErrorMessage: "Rate exceeded" };
      const sequenceNumber = String(this.received.length + 1);
      this.received.push({ shardId, partitionKey, sequenceNumber, data: Buffer.from(data, "base64"), atMs: performance.now() });
      return { SequenceNumber: sequenceNumber, ShardId: shardId };
    });
    const failed = results.filter((result) => result.ErrorCode !== undefined).length;
    this.throttled += failed;
    return { body: JSON.stringify({ FailedRecordCount: failed, Records: results }) };
  }
}

describe.skipIf(!process.env["FLUENT_BIT"])("a shard over its limit", () => {
  let folder = "";
  const running: { destroy(): Promise<void> }[] = [];

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "throttled-"));
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((one) => one.destroy()));
    rmSync(folder, { recursive: true, force: true });
  });

  /** Returns the path of a file, which is the partition key, in the shard `hot` or in another one. */
  function fileIn(hot: string, isHot: boolean): string {
    for (let n = 0; ; n++) {
      const file = path.join(folder, `${isHot ? "hot" : "cold"}-${n}.txt`);
      if ((shardOfKey(shards, file) === hot) === isHot) return file;
    }
  }

  it.each([
    ["plain", 1000, {}],
    ["aggregated", 20, { aggregation: "true", aggregation_maximum_record_size: "4096" }],
  ])("delays only its own lines; all lines arrive once, and those of other shards in order (%s)", async (_, recordsPerSecond, others) => {
    const kinesis = new LimitedKinesis(recordsPerSecond);
    const service = await ScriptedService.start((request) => kinesis.answer(request));
    running.push({ destroy: () => service.stop() });
    const [hotFile, coldFile] = [fileIn("shard 0", true), fileIn("shard 0", false)];
    for (const file of [hotFile, coldFile]) writeFileSync(file, "");
    const address = { stream: "any", region: REGION, endpoint: service.endpoint };
    const fluentBit = FluentBit.fromConfiguration({
      inputs: [{ name: "tail", properties: { path: path.join(folder, "*.txt"), path_key: "file", read_from_head: "true", refresh_interval: "1" } }],
      outputs: [{ name: "kinesis", properties: { ...address, log_key: "log", partition_key: "file", retry_limit: "no_limits", retry_timeout: "60", ...others } }],
    });
    running.push(fluentBit);
    await fluentBit.waitForLog(/stream any/);

    const hot: string[] = [];
    const cold: string[] = [];
    const writtenMs = new Map<string, number>();
    const write = (file: string, lines: string[], count: number) => {
      const added = Array.from({ length: count }, (_line, n) => `${path.basename(file)} ${lines.length + n} ${"x".repeat(60)}`);
      lines.push(...added);
      for (const line of added) writtenMs.set(line, performance.now());
      appendFileSync(file, added.map((line) => `${line}\n`).join(""));
    };
    // Twice the shard's limit, for three seconds.
    for (let step = 0; step < 15; step++) {
      write(hotFile, hot, 500);
      write(coldFile, cold, 20);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    const found = () => deaggregateAll(kinesis.received).map(textOf);
    await vi.waitUntil(() => found().length >= hot.length + cold.length, { timeout: 60_000, interval: 100 });
    expect(await fluentBit.stop(), fluentBit.output).toEqual({ status: 0, signal: null });

    expect(kinesis.throttled, "records that the hot shard throttled").toBeGreaterThan(0);
    // A shard throttles single records of a request, so later ones of their key are accepted before them.
    expect(found().filter((line) => line.startsWith("hot")).sort()).toEqual([...hot].sort());
    expect(found().filter((line) => line.startsWith("cold"))).toEqual(cold);
    // Not the slowest line: under load the list of shards comes late.
    const medianMs = (name: string) => {
      const delays = kinesis.received.flatMap(({ atMs, ...record }) => {
        return deaggregateAll([record]).map(textOf).filter((line) => line.startsWith(name)).map((line) => atMs - (writtenMs.get(line) ?? 0));
      });
      return delays.sort((one, other) => one - other)[delays.length >>> 1] ?? 0;
    };
    expect(medianMs("cold"), `ms until a cold line arrived, where a hot one took ${medianMs("hot")}`).toBeLessThan(medianMs("hot") / 2);
  });
});
