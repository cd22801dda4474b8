// Tests the plugin with a service that fails in every known way: no record is lost, and none is doubled avoidably.
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { faultCases, modes, type FaultCase, type Mode } from "../support/fault_cases.js";
import { messagesByCase, runFault, secrets, type FaultOutcome } from "../support/fault_run.js";
import { PluginHost, ROOT } from "../support/plugin_host.js";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

type Observed = FaultOutcome & { readonly messages: readonly string[] };

const outcomes = new Map<string, Observed>();
const nameOf = (mode: string, plan: string): string => `${mode}: ${plan}`;

async function runMode(mode: Mode): Promise<void> {
  const host = await PluginHost.withPlugin({ AWS_SESSION_TOKEN: secrets.token });
  try {
    const inOrder: FaultOutcome[] = [];
    for (const fault of faultCases) inOrder.push(await runFault(host, mode, fault));
    const { stderr } = await host.end();
    const messages = messagesByCase(stderr);
    inOrder.forEach((outcome, index) => {
      outcomes.set(nameOf(mode.name, outcome.plan), { ...outcome, messages: messages[index] ?? [] });
    });
  } finally {
    await host.destroy();
  }
}

// The hosts mostly wait: all modes in parallel take little longer than one.
beforeAll(async () => {
  await Promise.all(modes.map(runMode));
});

afterAll(() => {
  const rows = [...outcomes.values()].map(summaryOf);
  mkdirSync(path.join(ROOT, "build"), { recursive: true });
  writeFileSync(path.join(ROOT, "build", "faults.json"), `${JSON.stringify(rows, null, 1)}\n`);
  process.stdout.write(`${tableOf(rows)}\n`);
});

type Summary = Readonly<Record<string, string | number>>;

function summaryOf({ mode, plan, replies, balance, messages, requests }: Observed): Summary {
  return {
    mode,
    plan,
    replies: replies.filter((reply) => reply.startsWith("A")).map((reply) => reply.slice(2)).join(" "),
    requests,
    lost: balance.lost.length,
    "doubled (avoidable)": balance.doubledAvoidably.length,
    "doubled (unavoidable)": balance.doubledUnavoidably.length,
    refused: balance.refused.length,
    messages: warningsIn(messages).length,
  };
}

function tableOf(rows: readonly Summary[]): string {
  const names = Object.keys(rows[0] ?? {});
  const lines = [names, names.map(() => "---"), ...rows.map((row) => names.map((name) => String(row[name])))];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function warningsIn(messages: readonly string[]): string[] {
  return messages.filter((line) => /level=(warning|error)/.test(line));
}

describe.each(modes)("$name", ({ name: mode, workers, options }) => {
  it.each(faultCases)("$plan has the expected replies, losses and messages", (fault: FaultCase) => {
    const outcome = outcomes.get(nameOf(mode, fault.plan));
    if (outcome === undefined) throw new Error("the case did not run");
    const { balance, messages, replies } = outcome;
    const all = messages.join("\n");
    expect.soft(outcome.forms).toEqual([options["request_format"] ?? "json"]);
    expect.soft(balance.lost, "lost").toEqual([]);
    expect.soft(balance.unknown, "from nowhere").toEqual([]);
    expect.soft(balance.doubledAvoidably, "doubled although the response arrived").toEqual([]);
    if (fault.losesResponses !== true) expect.soft(balance.doubledUnavoidably, "doubled").toEqual([]);
    expect.soft(outcome.wrongReplies, `of the replies ${replies.join(", ")}`).toEqual([]);
    // With several threads, any of them may meet the fault.
    if (fault.first !== "any" && workers === 1) expect.soft(replies[0]).toBe(`A ${fault.first}`);
    expect.soft(balance.refused.length, "dropped").toBe(fault.refused ?? 0);

    const warnings = warningsIn(messages);
    if (fault.message === undefined) expect.soft(warnings, "no warning").toEqual([]);
    else if (replies.some((reply) => reply.endsWith("retry")) || balance.refused.length > 0) expect.soft(all).toMatch(fault.message);
    expect.soft(warnings.length, `one message for each kind of failure in ${warnings.join("\n")}`).toBeLessThanOrEqual(fault.plan.split("*flush").length);
    expect.soft(all, "stack traces").not.toMatch(/\\n\s+at |Unexpected error|\.js:\d/);
    for (const secret of [...Object.values(secrets), "AKIDEXAMPLE", "dummy-secret"]) expect.soft(all).not.toContain(secret);
  });
});
