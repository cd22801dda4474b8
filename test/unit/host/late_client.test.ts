// The late Kinesis client: it is loaded by the first request, or shortly after the init.
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { lateClient } from "../../../src/host/late_client.js";
import type { PutRecordsOutcome } from "../../../src/delivery/kinesis_client.js";
import { tableOf } from "../../support/entry.js";

const answered: PutRecordsOutcome = { kind: "answered", failed: [], strayed: 0 };

/** Returns a client that records its calls. */
function recorded() {
  const events: string[] = [];
  const client = {
    putRecords: () => {
      events.push("put");
      return Promise.resolve(answered);
    },
    listShards: () => {
      events.push("list");
      return Promise.resolve({ kind: "listed" as const, shards: [], nextToken: undefined });
    },
    close: () => void events.push("close"),
  };
  const load = () => {
    events.push("load");
    return Promise.resolve(client);
  };
  return { events, load };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("a late client is loaded once, 10 ms after its creation", async () => {
  const { events, load } = recorded();
  const client = lateClient(load);
  expect(events).toEqual([]);
  await vi.advanceTimersByTimeAsync(10);
  expect(events).toEqual(["load"]);
  expect(await client.putRecords(...tableOf([]))).toEqual(answered);
  await client.listShards(undefined);
  expect(events).toEqual(["load", "put", "list"]);
});

it("a late client is loaded immediately by an earlier request", async () => {
  const { events, load } = recorded();
  const client = lateClient(load);
  await Promise.all([client.putRecords(...tableOf([])), client.putRecords(...tableOf([]))]);
  await vi.advanceTimersByTimeAsync(10);
  expect(events).toEqual(["load", "put", "put"]);
});

it("a closed late client is not loaded any more, and a loaded client is closed once", async () => {
  const unused = recorded();
  lateClient(unused.load).close();
  await vi.advanceTimersByTimeAsync(10);
  expect(unused.events).toEqual([]);

  const used = recorded();
  const client = lateClient(used.load);
  await client.putRecords(...tableOf([]));
  client.close();
  client.close();
  await vi.advanceTimersByTimeAsync(0);
  expect(used.events).toEqual(["load", "put", "close"]);
});

it("a late client that cannot be loaded fails requests with the reason, without rejecting", async () => {
  const client = lateClient(() => Promise.reject(new TypeError("no such region")));
  const failed = { kind: "failed", code: "TypeError", message: "no such region", cause: "setup" };
  expect(await client.putRecords(...tableOf([]))).toEqual(failed);
  expect(await client.listShards(undefined)).toEqual(failed);
});
