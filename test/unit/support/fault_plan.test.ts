// Tests the language of fault plans: the step of each request, and the messages for invalid plans.
import { describe, expect, it } from "vitest";
import { parsePlan } from "../../support/fault_plan.js";
import { PlanWalk } from "../../support/plan_walk.js";

const taken = (plan: string, count: number): string[] => {
  const walk = new PlanWalk(plan, () => 0);
  return Array.from({ length: count }, () => walk.next().text);
};

describe("a plan", () => {
  it("has a step for each request, and repeats the last one", () => {
    expect(taken("ok*2, reset, html", 6)).toEqual(["ok*2", "ok*2", "reset", "html", "html", "html"]);
  });

  it("keeps commas in parentheses within their step", () => {
    const [step] = parsePlan("status(503,retry-after=1), ok");
    expect(step?.fault).toEqual({ kind: "status", status: 503, headers: { "retry-after": "1" } });
  });

  it("stays at a timed step for its time, counted from its first request", () => {
    let now = 100;
    const walk = new PlanWalk("reset*2s, ok", () => now);
    const steps = [0, 1999, 1].map((passed) => {
      now += passed;
      return walk.next().text;
    });
    expect(steps).toEqual(["reset*2s", "reset*2s", "ok"]);
  });

  it("stays at a flush step until a flush ends that has seen it", () => {
    const walk = new PlanWalk("ok, reset*flush, html*flush, ok", () => 0);
    const steps: string[] = [];
    const request = () => void steps.push(walk.next().text);
    walk.flushEnded();
    request();
    walk.flushEnded();
    request();
    request();
    walk.flushEnded();
    walk.flushEnded();
    request();
    walk.flushEnded();
    request();
    expect(steps).toEqual(["ok", "reset*flush", "reset*flush", "html*flush", "ok"]);
  });

  it("parses the numbers of its steps", () => {
    const faults = parsePlan("fail(0.25:InternalFailure),slow(1.5s),no-response(20ms),wrong-count(-2),too-large(413:99),throttle-shard(3)");
    expect(faults.map(({ fault }) => fault)).toMatchObject([
      { failing: { kind: "share", share: 0.25, code: "InternalFailure" } },
      { delayMs: 1500 },
      { kind: "silence", ms: 20 },
      { surplus: -2 },
      { kind: "too large", status: 413, overBytes: 99 },
      { failing: { kind: "shard", shard: 3 } },
    ]);
  });
});

describe("an invalid plan is rejected with the step and the reason:", () => {
  it.each([
    ["ok, explode", "step 2 of the plan (explode): there is no such step; the steps are ok, fail"],
    ["", "step 1 of the plan (): there is no such step"],
    ["ok,,reset", "step 2 of the plan (): there is no such step"],
    ["toString", "step 1 of the plan (toString): there is no such step"],
    ["ok(1)", "step 1 of the plan (ok(1)): takes nothing in parentheses"],
    ["ok*0", '"*0" must be a number above 0'],
    ["ok*often", '"*often" must be a number above 0, a time such as 3s, or "flush"'],
    ["fail", '"" must be a number'],
    ["fail(1.1:InternalFailure)", "the share 1.1 must be from 0 to 1"],
    ["fail(0.3)", "needs a code"],
    ["slow(500)", '"500" must be a time such as 500ms or 2s'],
    ["wrong-count(1)", '"1" must be a number with its sign'],
    ["status(99)", "99 is not an HTTP status"],
    ["status(503,retry-after)", "headers are written name=value"],
    ["error(400)", "needs a code"],
    ["no-cbor", "\"\" must be a number"],
    ["refuse()", "needs a text in parentheses"],
  ])("%s", (plan, message) => {
    expect(() => parsePlan(plan)).toThrow(message);
  });
});
