// The metrics of a request: its outcome, its time, and its accepted and failed entries; and what the service's pulse learns from
// the request.
import { describe, expect, it } from "vitest";
import { metered } from "../../../src/delivery/metered_client.js";
import { ServicePulse } from "../../../src/delivery/service_pulse.js";
import { CountedMetrics } from "../../support/counted_metrics.js";
import { JumpingClock } from "../../support/fake_clock.js";
import { allTaken, entryOf, failedWith, requestFailed, ScriptedClient, type Step } from "../../support/scripted_client.js";
import { tableOf } from "../../support/entry.js";

const entries = [entryOf("a", 10, 0), entryOf("b", 20, [1, 2, 3]), entryOf("c", 40, 4)];

async function countOf(step: Step): Promise<CountedMetrics> {
  const metrics = new CountedMetrics();
  const client = new ScriptedClient([step]);
  await metered(client, metrics, () => 0, new ServicePulse(() => 0)).putRecords(...tableOf(entries));
  expect(client.requests).toEqual([entries]);
  return metrics;
}

describe("a metered request", () => {
  it("counts accepted records, entries and bytes", async () => {
    expect((await countOf(allTaken)).all).toEqual({
      "requests_total:answered": 1,
      sent_records_total: 5,
      sent_entries_total: 3,
      sent_bytes_total: 70,
    });
  });

  it.each([
    ["ProvisionedThroughputExceededException", "throttled"],
    ["KMSThrottlingException", "throttled"],
    ["InternalFailure", "other"],
    ["Whatever", "other"],
  ])("with %s for an entry counts it as %s, and the others as sent", async (code, reason) => {
    expect((await countOf(failedWith(code, 1))).all).toEqual({
      "requests_total:answered": 1,
      [`failed_entries_total:${reason}`]: 1,
      sent_records_total: 2,
      sent_entries_total: 2,
      sent_bytes_total: 50,
    });
  });

  it.each([
    ["ProvisionedThroughputExceededException", "transient", "throttled"],
    ["LimitExceededException", "transient", "throttled"],
    ["ECONNREFUSED", "transient", "transient"],
    ["AccessDeniedException", "setup", "setup"],
    ["ValidationException", "content", "content"],
  ] as const)("that failed as a whole with %s (%s) counts as %s, and sends nothing", async (code, cause, outcome) => {
    expect((await countOf(requestFailed(code, cause))).all).toEqual({ [`requests_total:${outcome}`]: 1 });
  });

  it("is in flight until its response, and its time is measured", async () => {
    const metrics = new CountedMetrics();
    const clock = new JumpingClock();
    const slow: Step = async () => {
      expect(metrics.inFlight).toBe(1);
      await clock.sleep(1500);
      return allTaken;
    };
    await metered(new ScriptedClient([slow]), metrics, clock.now, new ServicePulse(clock.now)).putRecords(...tableOf(entries));
    expect(metrics.inFlight).toBe(0);
    expect(metrics.seconds).toEqual([1.5]);
  });

  it("belongs to a client whose close() closes the original client", () => {
    const client = new ScriptedClient([]);
    metered(client, new CountedMetrics(), () => 0, new ServicePulse(() => 0)).close();
    expect(client.closed).toBe(1);
  });
});

describe("the pulse of the service", () => {
  /** Runs one request of 3 s, and returns the pulse afterwards. */
  async function pulseOf(step: Step, pulse?: ServicePulse): Promise<ServicePulse> {
    const clock = new JumpingClock();
    const followed = pulse ?? new ServicePulse(clock.now);
    const slow: Step = async (sent) => {
      await clock.sleep(3000);
      return typeof step === "function" ? step(sent) : step;
    };
    await metered(new ScriptedClient([slow]), new CountedMetrics(), clock.now, followed).putRecords(...tableOf(entries));
    return followed;
  }

  it.each([
    ["RequestTimeout", "transient"],
    ["TimeoutError", "transient"],
    ["ETIMEDOUT", "transient"],
    ["CredentialsTimeout", "transient"],
    ["AccessDeniedException", "setup"],
  ] as const)("is hopeless after a request that failed with %s (%s)", async (code, cause) => {
    expect((await pulseOf(requestFailed(code, cause))).isHopeless).toBe(true);
  });

  it.each([
    ["ECONNREFUSED", "transient"],
    ["ProvisionedThroughputExceededException", "transient"],
    ["ValidationException", "content"],
  ] as const)("is not hopeless after a request that failed with %s (%s)", async (code, cause) => {
    expect((await pulseOf(requestFailed(code, cause))).isHopeless).toBe(false);
  });

  it.each([
    ["no entry failed", allTaken, false],
    ["all entries but one failed", failedWith("InternalFailure", 0, 1), false],
    ["all entries failed", failedWith("InternalFailure", 0, 1, 2), true],
  ])("forgets an earlier time-out only after an accepted entry: %s", async (_, outcome, isHopeless) => {
    const pulse = await pulseOf(requestFailed("TimeoutError", "transient"));
    expect((await pulseOf(outcome, pulse)).isHopeless).toBe(isHopeless);
  });

  it("tracks a request from its start to its outcome", async () => {
    const clock = new JumpingClock();
    const pulse = new ServicePulse(clock.now);
    const hanging: boolean[] = [];
    const slow: Step = async () => {
      await clock.sleep(10_001);
      hanging.push(pulse.isHanging);
      return allTaken;
    };
    await metered(new ScriptedClient([slow]), new CountedMetrics(), clock.now, pulse).putRecords(...tableOf(entries));
    expect([...hanging, pulse.isHanging]).toEqual([true, false]);
  });
});
