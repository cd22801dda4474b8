// The byte budget: how many bytes a group may take, and in which order waiting calls are served.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteBudget } from "../../../src/bytes/byte_budget.js";

/** Waits until all resolved promises have called their handlers, without running timers or events. */
async function microtasks(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

const [one, other] = [{}, {}];

/** Creates a budget of 100 bytes, with the names of successful and of withdrawn calls of `take`, in order. */
function setUp() {
  const budget = new ByteBudget(100);
  const taken: string[] = [];
  const withdrawn: string[] = [];
  const take = (name: string, bytes: number, group: object = one, owner?: object) => {
    void budget.take(bytes, group, owner).then((isTaken) => (isTaken ? taken : withdrawn).push(name));
  };
  return { budget, taken, withdrawn, take };
}

describe("a byte budget of 100 bytes", () => {
  it.each([
    [59, true],
    [60, true],
    [61, false],
  ])("lets a group that holds 40 bytes take %i more immediately: %s", async (bytes, isTaken) => {
    const { budget, taken, take } = setUp();
    take("first", 40);
    take("second", bytes);
    await microtasks();
    expect(taken).toEqual(isTaken ? ["first", "second"] : ["first"]);
    expect(budget.held).toBe(isTaken ? 40 + bytes : 40);
  });

  it.each([99, 100, 101, 1000])("lets a group that holds nothing take %i bytes", async (bytes) => {
    const { budget, taken, take } = setUp();
    take("first", bytes);
    await microtasks();
    expect(taken).toEqual(["first"]);
    expect(budget.held).toBe(bytes);
  });

  it("lets a group that holds nothing take bytes while another group holds all and waits for more", async () => {
    const { taken, take } = setUp();
    take("all", 100);
    take("more", 10);
    take("of the other", 50, other);
    take("more of the other", 1, other);
    await microtasks();
    expect(taken).toEqual(["all", "of the other"]);
  });

  it("serves a waiting group once it holds nothing, although another group never gives its bytes back", async () => {
    const { budget, taken, take } = setUp();
    take("for ever", 100, other);
    take("first", 10);
    take("second", 20);
    await microtasks();
    expect(taken).toEqual(["for ever", "first"]);
    budget.give(10, one);
    await microtasks();
    expect(taken).toEqual(["for ever", "first", "second"]);
  });

  it.each([
    [39, []],
    [40, ["later"]],
    [41, ["later"]],
  ])("serves a call that waits for 40 bytes after %i of 100 bytes were given back: %j", async (given, expected) => {
    const { budget, taken, take } = setUp();
    take("held", 100);
    take("later", 40);
    budget.give(given, one);
    await microtasks();
    expect(taken).toEqual(["held", ...expected]);
  });

  it("serves waiting calls in their order, even if a later one would fit", async () => {
    const { budget, taken, take } = setUp();
    take("a", 60);
    take("b", 40);
    take("large", 80);
    take("small", 10);
    budget.give(40, one);
    await microtasks();
    expect(taken).toEqual(["a", "b"]);
    budget.give(60, one);
    await microtasks();
    expect(taken).toEqual(["a", "b", "large", "small"]);
    expect(budget.held).toBe(90);
  });

  it("ends the waits of a withdrawn owner and immediately serves the calls after them", async () => {
    const { budget, taken, withdrawn, take } = setUp();
    const [leaving, staying] = [{}, {}];
    take("held", 50);
    take("first", 60, one, leaving);
    take("second", 50, one, staying);
    take("third", 10, one, leaving);
    take("fourth", 1);
    budget.withdraw(leaving);
    await microtasks();
    expect(withdrawn).toEqual(["first", "third"]);
    expect(taken).toEqual(["held", "second"]);
    expect(budget.held).toBe(100);
  });
});

it("a byte budget serves each group's calls in order and exceeds its maximum by at most one call per group", async () => {
  const steps = fc.array(fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("take" as const), bytes: fc.integer({ min: 1, max: 150 }), group: fc.nat(2) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("give" as const), place: fc.nat(20) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("withdraw" as const), group: fc.nat(2) }) },
  ), { maxLength: 60 });
  await fc.assert(fc.asyncProperty(steps, async (plan) => {
    const budget = new ByteBudget(100);
    const groups = [{}, {}, {}];
    const held: { readonly bytes: number; readonly group: number }[] = [];
    const waiting: number[][] = [[], [], []];
    let calls = 0;
    const take = (bytes: number, group: number) => {
      const call = calls++;
      waiting[group]?.push(call);
      void budget.take(bytes, groups[group] as object, groups[group]).then((isTaken) => {
        if (isTaken) expect(call, "the oldest call of a group is served first").toBe(waiting[group]?.[0]);
        waiting[group] = (waiting[group] ?? []).filter((other) => other !== call);
        if (isTaken) held.push({ bytes, group });
      });
    };
    for (const step of plan) {
      if (step.kind === "take") take(step.bytes, step.group);
      if (step.kind === "withdraw") budget.withdraw(groups[step.group] as object);
      if (step.kind === "give" && held.length > 0) {
        const [given] = held.splice(step.place % held.length, 1);
        if (given !== undefined) budget.give(given.bytes, groups[given.group] as object);
      }
      await microtasks();
      expect(budget.held).toBe(held.reduce((sum, { bytes }) => sum + bytes, 0));
      const largest = groups.map((_, group) => Math.max(0, ...held.filter((one) => one.group === group).map(({ bytes }) => bytes)));
      expect(budget.held).toBeLessThanOrEqual(100 + largest.reduce((sum, bytes) => sum + bytes, 0));
      groups.forEach((_, group) => {
        const holdsNothing = held.every((one) => one.group !== group);
        expect(holdsNothing && (waiting[group]?.length ?? 0) > 0, "a group that holds nothing waits for nothing").toBe(false);
      });
    }
  }));
});
