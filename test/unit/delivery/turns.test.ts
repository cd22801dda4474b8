// When chunks get their turns: within the budget of all outputs, fairly between outputs, and encoded one at a time.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Turns, type OutputTurns, type Turn } from "../../../src/delivery/turns.js";
import { JumpingClock, settled } from "../../support/fake_clock.js";

const budgetBytes = 100;

/** The turns of a process, with the names of chunks in the order in which their turns are granted. */
class Bench {
  readonly clock = new JumpingClock();
  readonly granted: string[] = [];
  readonly refused: string[] = [];
  readonly turns = new Turns({ budgetBytes, letNetworkRun: () => Promise.resolve(), now: this.clock.now });
  readonly #held = new Map<string, Turn>();

  /** Requests the turn of a chunk. */
  async take(output: OutputTurns, name: string, bytes: number): Promise<void> {
    void output.take(bytes).then((turn) => {
      if (turn === undefined) {
        this.refused.push(name);
        return;
      }
      this.granted.push(name);
      this.#held.set(name, turn);
    });
    await settled();
  }

  turnOf(name: string): Turn {
    const turn = this.#held.get(name);
    if (turn === undefined) throw new Error(`${name} has no turn`);
    return turn;
  }

  async give(name: string): Promise<void> {
    this.turnOf(name).give();
    await settled();
  }
}

describe("the budget", () => {
  it.each([
    [59, ["first", "second"]],
    [60, ["first", "second"]],
    [61, ["first"]],
  ])("of 100 bytes, with a chunk of 40 and one of %i bytes, grants the turns of %j", async (bytes, granted) => {
    const bench = new Bench();
    const output = bench.turns.open();
    await bench.take(output, "first", 40);
    await bench.take(output, "second", bytes);
    expect(bench.granted).toEqual(granted);
    await bench.give("first");
    expect(bench.granted).toEqual(["first", "second"]);
    await bench.give("second");
    expect(bench.turns.heldBytes).toBe(0);
  });

  it("does not hold back an output's first chunk, although another output holds the whole budget", async () => {
    const bench = new Bench();
    await bench.take(bench.turns.open(), "all", 100);
    await bench.take(bench.turns.open(), "first of another", 70);
    expect(bench.granted).toEqual(["all", "first of another"]);
    expect(bench.turns.heldBytes).toBe(170);
  });

  it("grants a turn to a chunk larger than the budget when no other chunk of its output has one", async () => {
    const bench = new Bench();
    const output = bench.turns.open();
    await bench.take(output, "small", 1);
    await bench.take(output, "huge", 1000);
    expect(bench.granted).toEqual(["small"]);
    await bench.give("small");
    expect(bench.granted).toEqual(["small", "huge"]);
  });

  it("gets the bytes back that a chunk does not need", async () => {
    const bench = new Bench();
    const output = bench.turns.open();
    await bench.take(output, "first", 60);
    await bench.take(output, "second", 50);
    bench.turnOf("first").resize(51);
    await settled();
    expect(bench.granted).toEqual(["first"]);
    bench.turnOf("first").resize(50);
    await settled();
    expect(bench.granted).toEqual(["first", "second"]);
    expect(bench.turns.heldBytes).toBe(100);
  });

  it("counts the bytes that a chunk needs beyond its estimate, and gets all back at its end", async () => {
    const bench = new Bench();
    const output = bench.turns.open();
    await bench.take(output, "first", 10);
    bench.turnOf("first").resize(90);
    await bench.take(output, "second", 11);
    expect(bench.granted).toEqual(["first"]);
    expect(output.heldBytes).toBe(90);
    await bench.give("first");
    expect(bench.granted).toEqual(["first", "second"]);
    expect(bench.turns.heldBytes).toBe(11);
  });

  it("gets the bytes of a chunk back once, even when its turn is given back several times", async () => {
    const bench = new Bench();
    const output = bench.turns.open();
    await bench.take(output, "first", 60);
    await bench.take(output, "second", 30);
    await bench.give("first");
    await bench.give("first");
    expect(bench.turns.heldBytes).toBe(30);
    expect(output.heldBytes).toBe(30);
    await bench.take(output, "third", 71);
    expect(bench.granted).toEqual(["first", "second"]);
  });
});

describe("the chunks of one output", () => {
  it("get their turns in the order of their requests, and no small one overtakes a large one", async () => {
    const bench = new Bench();
    const output = bench.turns.open();
    await bench.take(output, "first", 50);
    await bench.take(output, "large", 60);
    await bench.take(output, "small", 1);
    expect(bench.granted).toEqual(["first"]);
    await bench.give("first");
    expect(bench.granted).toEqual(["first", "large", "small"]);
  });

  it.each([1, 2, 3])("are at most %i at once when that is the maximum, even when the budget has room", async (maxChunks) => {
    const bench = new Bench();
    const output = bench.turns.open(maxChunks);
    for (const name of ["1", "2", "3", "4"]) await bench.take(output, name, 0);
    expect(bench.granted).toHaveLength(maxChunks);
    await bench.give("1");
    expect(bench.granted).toHaveLength(maxChunks + 1);
  });

  it("are not limited in number without a maximum", async () => {
    const bench = new Bench();
    const output = bench.turns.open();
    for (let n = 0; n < 1000; n++) void output.take(0).then(() => bench.granted.push(`${n}`));
    await settled();
    expect(bench.granted).toHaveLength(1000);
  });

  it("do not count towards the maximum of another output", async () => {
    const bench = new Bench();
    for (const name of ["1", "2", "3"]) await bench.take(bench.turns.open(1), name, 10);
    expect(bench.granted).toEqual(["1", "2", "3"]);
  });
});

describe("turns of several outputs", () => {
  it("go first to the waiting output that holds least, not to the first request", async () => {
    const bench = new Bench();
    const [much, little, least] = [bench.turns.open(), bench.turns.open(), bench.turns.open()];
    await bench.take(much, "much", 60);
    await bench.take(little, "little", 25);
    await bench.take(least, "least", 15);
    await bench.take(much, "much again", 20);
    await bench.take(little, "little again", 20);
    await bench.take(least, "least again", 20);
    expect(bench.granted).toEqual(["much", "little", "least"]);
    bench.turnOf("much").resize(40);
    await settled();
    expect(bench.granted.slice(3)).toEqual(["least again"]);
    bench.turnOf("much").resize(20);
    await settled();
    expect(bench.granted.slice(3), "much holds 20, little 25").toEqual(["least again", "much again"]);
  });

  it("go to a smaller chunk of another output when a chunk does not fit", async () => {
    const bench = new Bench();
    const [one, other] = [bench.turns.open(), bench.turns.open()];
    await bench.take(one, "one", 10);
    await bench.take(other, "other", 50);
    await bench.take(one, "too large", 50);
    await bench.take(other, "fits", 40);
    expect(bench.granted).toEqual(["one", "other", "fits"]);
  });

  it("are limited to the budget for an output that hangs, while others continue one chunk at a time", async () => {
    const bench = new Bench();
    const [hanging, moving] = [bench.turns.open(), bench.turns.open()];
    for (let n = 0; n < 20; n++) await bench.take(hanging, `hanging ${n}`, 10);
    expect(bench.granted).toHaveLength(10);
    for (let n = 0; n < 5; n++) {
      await bench.take(moving, `moving ${n}`, 10);
      await bench.give(`moving ${n}`);
    }
    expect(bench.granted.slice(10)).toEqual(["moving 0", "moving 1", "moving 2", "moving 3", "moving 4"]);
  });
});

describe("refuseAfter", () => {
  it.each([
    [9999, []],
    [10_000, ["waiting"]],
    [10_001, ["waiting"]],
  ])("with 10 s, called after %i ms, refuses the chunks %j", async (afterMs, refused) => {
    const bench = new Bench();
    const output = bench.turns.open(1);
    await bench.take(output, "under way", 10);
    await bench.take(output, "waiting", 10);
    bench.clock.nowMs += afterMs;
    output.refuseAfter(10_000);
    await settled();
    expect(bench.refused).toEqual(refused);
    await bench.give("under way");
    expect(bench.granted).toEqual(refused.length > 0 ? ["under way"] : ["under way", "waiting"]);
  });

  it("refuses only chunks that have waited that long, and none of another output", async () => {
    const bench = new Bench();
    const [output, other] = [bench.turns.open(1), bench.turns.open(1)];
    for (const name of ["under way", "old"]) await bench.take(output, name, 10);
    for (const name of ["other under way", "other old"]) await bench.take(other, name, 10);
    bench.clock.nowMs += 1;
    await bench.take(output, "young", 10);
    bench.clock.nowMs += 9999;
    output.refuseAfter(10_000);
    await settled();
    expect(bench.refused).toEqual(["old"]);
    await bench.give("under way");
    expect(bench.granted).toEqual(["under way", "other under way", "young"]);
  });

  it("grants a turn to a smaller chunk that waited behind the refused one", async () => {
    const bench = new Bench();
    const output = bench.turns.open();
    await bench.take(output, "under way", 50);
    await bench.take(output, "old and large", 51);
    bench.clock.nowMs += 10_000;
    await bench.take(output, "young and small", 50);
    output.refuseAfter(10_000);
    await settled();
    expect(bench.granted).toEqual(["under way", "young and small"]);
  });
});

describe("the end of an output", () => {
  it("refuses waiting chunks and later ones", async () => {
    const bench = new Bench();
    const output = bench.turns.open(1);
    for (const name of ["under way", "waiting"]) await bench.take(output, name, 10);
    output.end();
    await bench.take(output, "late", 10);
    expect(bench.granted).toEqual(["under way"]);
    expect(bench.refused).toEqual(["waiting", "late"]);
  });

  it("leaves chunks under way their turns, and other outputs get their bytes when they are done", async () => {
    const bench = new Bench();
    const [ending, other] = [bench.turns.open(), bench.turns.open()];
    await bench.take(ending, "ending", 60);
    await bench.take(other, "other", 40);
    await bench.take(other, "waiting", 60);
    ending.end();
    await settled();
    expect(bench.granted).toEqual(["ending", "other"]);
    await bench.give("ending");
    expect(bench.granted).toEqual(["ending", "other", "waiting"]);
    expect(bench.turns.heldBytes).toBe(100);
  });

  it("prevents a chunk with a turn from writing more records", async () => {
    const bench = new Bench();
    const output = bench.turns.open();
    await bench.take(output, "under way", 10);
    const encoded = bench.turnOf("under way").encode(() => "written");
    output.end();
    expect(await encoded).toBeUndefined();
  });
});

describe("encode", () => {
  /** Sets up turns with a network that runs when the test calls `runNetwork`. */
  function heldNetwork() {
    const networks: (() => void)[] = [];
    const letNetworkRun = () => new Promise<void>((resolve) => void networks.push(resolve));
    const turns = new Turns({ budgetBytes, letNetworkRun, now: () => 0 });
    const runNetwork = async () => {
      networks.shift()?.();
      await settled();
    };
    return { turns, networks, runNetwork };
  }

  it("runs the work of all outputs one after the other, in the order of the calls, and the network before each", async () => {
    const { turns, networks, runNetwork } = heldNetwork();
    const outputs = [turns.open(), turns.open()];
    const ran: number[] = [];
    for (let n = 0; n < 4; n++) void outputs[n % 2]?.encode(() => ran.push(n));
    for (let count = 0; count < 4; count++) {
      await settled();
      expect(ran).toEqual([0, 1, 2, 3].slice(0, count));
      expect(networks).toHaveLength(1);
      await runNetwork();
    }
    expect(ran).toEqual([0, 1, 2, 3]);
    expect(networks).toEqual([]);
  });

  it("rejects with an error of the work, and still runs the next work", async () => {
    const { turns, runNetwork } = heldNetwork();
    const output = turns.open();
    const failing = output.encode(() => {
      throw new Error("oops");
    });
    const next = output.encode(() => "next");
    const failed = expect(failing).rejects.toThrow("oops");
    await settled();
    await runNetwork();
    await failed;
    await runNetwork();
    expect(await next).toBe("next");
  });
});

it("with random chunks, each gets one turn, in order, and each output exceeds the budget by at most one chunk", async () => {
  const outputs = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });
  const encodedShare = fc.double({ min: 0, max: 1, noNaN: true });
  /** Chunks, and the index of the chunk under way that ends before the next one arrives; none when fewer are under way. */
  const steps = fc.record({ at: fc.nat(), bytes: fc.integer({ min: 0, max: 150 }), encodedShare, ending: fc.nat({ max: 9 }) });
  await fc.assert(
    fc.asyncProperty(outputs, fc.array(steps, { minLength: 1, maxLength: 60 }), async (bounds, plan) => {
      const turns = new Turns({ budgetBytes, letNetworkRun: () => Promise.resolve(), now: () => 0 });
      const opened = bounds.map((maxChunks) => ({ output: turns.open(maxChunks), maxChunks, underWay: [] as number[] }));
      const granted: number[] = [];
      const ends: (() => void)[] = [];
      const check = async () => {
        await settled();
        const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
        expect(turns.heldBytes).toBe(sum(opened.map(({ underWay }) => sum(underWay))));
        const largest = opened.map(({ underWay }) => Math.max(0, ...underWay));
        expect(turns.heldBytes).toBeLessThanOrEqual(budgetBytes + sum(largest));
        for (const { underWay, maxChunks } of opened) expect(underWay.length).toBeLessThanOrEqual(maxChunks);
      };
      const end = async (place: number) => {
        ends.splice(place, 1)[0]?.();
        await check();
      };
      for (const [number, { at, bytes, encodedShare: share, ending }] of plan.entries()) {
        const { output, underWay } = opened[at % opened.length] as (typeof opened)[number];
        void output.take(bytes).then((turn) => {
          granted.push(number);
          const encodedBytes = Math.floor(bytes * share);
          turn?.resize(encodedBytes);
          underWay.push(encodedBytes);
          ends.push(() => {
            underWay.splice(underWay.indexOf(encodedBytes), 1);
            turn?.give();
          });
        });
        await check();
        await end(ending);
      }
      while (ends.length > 0) await end(0);
      expect([...granted].sort((a, b) => a - b), "each once").toEqual(plan.map((_, number) => number));
      for (const [place] of opened.entries()) {
        const ofOutput = granted.filter((number) => (plan[number]?.at ?? 0) % opened.length === place);
        expect(ofOutput, "in the order of an output").toEqual([...ofOutput].sort((a, b) => a - b));
      }
      expect(turns.heldBytes).toBe(0);
    }),
    { numRuns: 100 },
  );
});
