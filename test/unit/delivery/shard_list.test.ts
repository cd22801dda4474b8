// When the list of shards is requested, how long a flush waits for it, and what is logged when ListShards fails.
import { describe, expect, it } from "vitest";
import type { Shard, ShardMap } from "../../../src/pack/shard_map.js";
import type { RequestFailure } from "../../../src/delivery/kinesis_client.js";
import { ShardList, type ShardPage } from "../../../src/delivery/shard_list.js";
import { HeldClock, settled } from "../../support/fake_clock.js";
import { RecordedLog } from "../../support/recorded_log.js";

type ListOutcome = ShardPage | RequestFailure;

const denied: RequestFailure = { kind: "failed", code: "AccessDeniedException", message: "not yours", cause: "setup" };
const greatest = (1n << 128n) - 1n;

/** Returns a page with one shard of this name. @param nextToken the token of the next page */
function page(id: string, nextToken?: string, [first, last] = [0n, greatest]): ShardPage {
  const shard: Shard = { id, startingHashKey: first, endingHashKey: last };
  return { kind: "listed", shards: [shard], nextToken };
}

/** A lister that responds immediately while it has responses ready, and otherwise when the test calls `respond`. */
class Lister {
  readonly tokens: (string | undefined)[] = [];
  readonly ready: ListOutcome[] = [];
  readonly #waiting: ((outcome: ListOutcome) => void)[] = [];

  listShards(nextToken?: string): Promise<ListOutcome> {
    this.tokens.push(nextToken);
    const outcome = this.ready.shift();
    if (outcome !== undefined) return Promise.resolve(outcome);
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }

  async respond(outcome: ListOutcome): Promise<void> {
    this.#waiting.shift()?.(outcome);
    await settled();
  }
}

function setUp(...ready: ListOutcome[]) {
  return setUpFor("aggregation", ...ready);
}

function setUpFor(use: "aggregation" | "throttling", ...ready: ListOutcome[]) {
  const [clock, log, client] = [new HeldClock(), new RecordedLog(), new Lister()];
  client.ready.push(...ready);
  const source = new ShardList({ client, log, use, now: clock.now, sleep: clock.sleep });
  const current = async () => nameOf(await source.current());
  return { clock, log, client, source, current };
}

function nameOf(map: ShardMap | undefined): string | undefined {
  return map === undefined ? undefined : (map.shardIdOf(0n) ?? "a gap");
}

describe("the list of shards", () => {
  it("is loaded by the first flush only", async () => {
    const { current, client, clock, log } = setUp(page("a"));
    for (let count = 0; count < 3; count++) expect(await current()).toBe("a");
    await clock.advance(3_600_000);
    expect(await current()).toBe("a");
    expect(client.tokens).toEqual([undefined]);
    expect(log.at("warning")).toEqual([]);
    expect(log.at("info")).toEqual([]);
  });

  it("is not loaded before it is needed", async () => {
    const { client } = setUp(page("a"));
    await settled();
    expect(client.tokens).toEqual([]);
  });

  it("is loaded once for all flushes that wait for it", async () => {
    const { current, client } = setUp();
    const flushes = Promise.all([current(), current(), current()]);
    await settled();
    expect(client.tokens).toHaveLength(1);
    await client.respond(page("a"));
    expect(await flushes).toEqual(["a", "a", "a"]);
  });

  it("combines all pages", async () => {
    const { source, client } = setUp(page("a", "second", [0n, 9n]), page("b", "third", [10n, 19n]), page("c", undefined, [20n, greatest]));
    const map = await source.current();
    expect([0n, 9n, 10n, 19n, 20n, greatest].map((hashKey) => map?.shardIdOf(hashKey))).toEqual(["a", "a", "b", "b", "c", "c"]);
    expect(client.tokens).toEqual([undefined, "second", "third"]);
  });

  it("is not used when one of its pages fails", async () => {
    const { current, log } = setUp(page("a", "second", [0n, 9n]), denied);
    expect(await current()).toBeUndefined();
    expect(log.at("warning")).toHaveLength(1);
  });

  it("is given up when its pages never end", async () => {
    const { current, client } = setUp(...Array.from({ length: 1000 }, () => page("a", "again")));
    await current();
    expect(client.tokens.length).toBeLessThan(1000);
  });

  it.each([[100_000, true], [100_001, false]])("may have up to 100000 shards: %i", async (count, isTaken) => {
    const [shard] = page("a").shards;
    const long = { ...page("a"), shards: Array<typeof shard>(count).fill(shard) } as ReturnType<typeof page>;
    const { current, log } = setUp(long);
    expect((await current()) !== undefined).toBe(isTaken);
    expect(log.at("warning").join()).toMatch(isTaken ? /^$/ : /InvalidResponse: the list has more than 100000 shards/);
  });

  it.each([[[]], [[{ ...page("x", "second"), shards: [] }]]])("without any shard counts as a failure (%#)", async (pages) => {
    const { current, log } = setUp(...pages, { kind: "listed", shards: [], nextToken: undefined });
    expect(await current()).toBeUndefined();
    expect(log.at("warning")[0]).toContain("InvalidResponse: the list has no open shard");
  });
});

describe("a list that is loaded again", () => {
  it.each([
    ["with the same shards is the same map", page("b", undefined, [10n, greatest]), true],
    ["with another shard is another map", page("c", undefined, [10n, greatest]), false],
    ["with another range is another map", page("b", undefined, [11n, greatest]), false],
  ])("%s", async (_, last, isSame) => {
    const { source, clock } = setUp(page("a", "second", [0n, 9n]), page("b", undefined, [10n, greatest]), page("a", "second", [0n, 9n]), last);
    expect(source.latest).toBeUndefined();
    const first = await source.current();
    expect(source.latest).toBe(first);
    source.invalidate();
    await clock.advance(1000);
    expect((await source.current()) === first).toBe(isSame);
    expect(source.latest === first).toBe(isSame);
  });
});

describe("a list that is loaded because a shard throttles", () => {
  it("logs at level info what its failure means, and once its recovery", async () => {
    const { current, clock, log } = setUpFor("throttling", denied, denied, page("a"));
    for (let minute = 0; minute < 3; minute++) {
      await current();
      await clock.advance(60_000);
    }
    expect(log.at("warning")).toEqual([]);
    expect(log.at("info")).toEqual([
      expect.stringMatching(/^ListShards failed with AccessDeniedException: .*\. While a shard throttles, fewer requests go to all shards; allow kinesis:ListShards on the stream, so that only records of that shard wait\. Retrying each minute$/),
      "ListShards works again; only records of a shard that throttles wait",
    ]);
  });
});

describe("a flush", () => {
  it("waits two seconds for the list, then continues without it", async () => {
    const { current, clock, client } = setUp();
    let done = false;
    const flush = current().finally(() => (done = true));
    await clock.advance(1999);
    expect(done).toBe(false);
    await clock.advance(1);
    await settled();
    expect(done).toBe(true);
    expect(await flush).toBeUndefined();
    await client.respond(page("late"));
    expect(await current()).toBe("late");
    expect(client.tokens).toHaveLength(1);
  });

  it("does not wait for a list that another flush has waited for in vain", async () => {
    const { current, clock, client } = setUp();
    const flush = current();
    await clock.advance(2000);
    await flush;
    expect(await current()).toBeUndefined();
    expect(clock.slept).toEqual([2000]);
    expect(client.tokens).toHaveLength(1);
  });

  it("waits for a newer list after a late one", async () => {
    const { current, source, clock, client } = setUp();
    const first = current();
    await clock.advance(2000);
    expect(await first).toBeUndefined();
    await client.respond(page("late"));
    source.invalidate();
    await clock.advance(1000);
    const second = current();
    await clock.advance(200);
    await client.respond(page("newer"));
    expect(await second).toBe("newer");
  });

  it("continues with the old list when a newer one is late", async () => {
    const { current, source, clock, client } = setUp(page("old"));
    await current();
    source.invalidate();
    await clock.advance(1000);
    let done = false;
    const flush = current().finally(() => (done = true));
    await clock.advance(249);
    expect(done).toBe(false);
    await clock.advance(1);
    expect(await flush).toBe("old");
    await client.respond(page("new"));
    expect(await current()).toBe("new");
  });
});

describe("a failure of ListShards", () => {
  it("is logged in one warning with advice", async () => {
    const { current, log, clock } = setUp(denied, denied, denied);
    for (let minute = 0; minute < 3; minute++) {
      expect(await current()).toBeUndefined();
      await clock.advance(60_000);
    }
    expect(log.at("warning")).toHaveLength(1);
    expect(log.at("warning")[0]).toContain("ListShards failed with AccessDeniedException: not yours");
    expect(log.at("warning")[0]).toContain("allow kinesis:ListShards");
    expect(log.at("debug")).toHaveLength(2);
  });

  it("because of a closed output is not logged", async () => {
    const { current, log } = setUp({ ...denied, code: "AbortError" });
    expect(await current()).toBeUndefined();
    expect(log.at("warning")).toEqual([]);
  });

  it.each(["ECONNREFUSED", "AccessDenied"])("with %s, which the permission would not cure, is logged without advice", async (code) => {
    const { current, log } = setUp({ ...denied, code });
    await current();
    expect(log.at("warning")[0]).toContain(`ListShards failed with ${code}`);
    expect(log.at("warning")[0]).not.toContain("allow");
  });

  it("is followed by a retry after a minute, not before", async () => {
    const { current, client, clock } = setUp(denied, page("a"));
    await current();
    await clock.advance(59_999);
    expect(await current()).toBeUndefined();
    expect(client.tokens).toHaveLength(1);
    await clock.advance(1);
    expect(await current()).toBe("a");
    expect(client.tokens).toHaveLength(2);
  });

  it("is not followed by an earlier retry when the list is invalidated", async () => {
    const { current, source, client, clock } = setUp(denied, denied);
    await current();
    source.invalidate();
    await clock.advance(59_999);
    await current();
    expect(client.tokens).toHaveLength(1);
  });

  it("is followed by one message when it is over", async () => {
    const { current, source, log, clock } = setUp(denied, page("a"), page("b"));
    await current();
    await clock.advance(60_000);
    await current();
    source.invalidate();
    await clock.advance(1000);
    expect(await current()).toBe("b");
    expect(log.at("info")).toEqual(["ListShards works again; records are aggregated by shard"]);
  });

  it("that occurs again while there is a list is not logged as a warning", async () => {
    const { current, source, log, clock } = setUp(denied, page("a"), denied);
    await current();
    await clock.advance(60_000);
    await current();
    source.invalidate();
    await clock.advance(1000);
    expect(await current()).toBe("a");
    expect(log.at("warning")).toHaveLength(1);
  });
});

describe("an invalidated list", () => {
  it("is replaced at the next flush", async () => {
    const { current, source, clock, client } = setUp(page("old"), page("new"));
    await current();
    await clock.advance(5000);
    source.invalidate();
    expect(await current()).toBe("new");
    expect(await current()).toBe("new");
    expect(client.tokens).toHaveLength(2);
  });

  it("is replaced at most once per second", async () => {
    const { current, source, client, clock } = setUp(page("1"), page("2"), page("3"));
    await current();
    source.invalidate();
    await clock.advance(999);
    expect(await current()).toBe("1");
    expect(client.tokens).toHaveLength(1);
    await clock.advance(1);
    expect(await current()).toBe("2");
    source.invalidate();
    expect(await current()).toBe("2");
    await clock.advance(1000);
    expect(await current()).toBe("3");
  });

  it("is loaded once more when it is invalidated during a load", async () => {
    const { current, source, client, clock } = setUp(page("old"));
    await current();
    source.invalidate();
    await clock.advance(1000);
    const flush = current();
    source.invalidate();
    const another = current();
    expect(client.tokens).toHaveLength(2);
    await client.respond(page("between"));
    expect(await Promise.all([flush, another])).toEqual(["between", "between"]);
    client.ready.push(page("new"));
    await clock.advance(1000);
    expect(await current()).toBe("new");
  });

  it("is kept without a warning while loading fails, which is retried each minute", async () => {
    const { current, source, client, log, clock } = setUp(page("old"), denied, denied, page("new"));
    await current();
    await clock.advance(1000);
    source.invalidate();
    expect(await current()).toBe("old");
    await clock.advance(59_999);
    expect(await current()).toBe("old");
    expect(client.tokens).toHaveLength(2);
    await clock.advance(1);
    expect(await current()).toBe("old");
    await clock.advance(60_000);
    expect(await current()).toBe("new");
    expect(log.at("warning")).toEqual([]);
    expect(log.at("info")).toEqual([]);
  });
});
