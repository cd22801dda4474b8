// Tests that every metric and label of the alerts and the dashboard exists; runs promtool if it is installed.
import { spawnSync } from "node:child_process";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { metricDefinitions, metricKinds } from "../../../src/telemetry/metrics.js";
import { EXAMPLES, exampleText, exampleYaml } from "../../support/example_files.js";

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

interface Alarm {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

const { groups } = exampleYaml("monitoring/alerts.yaml") as { readonly groups: readonly { readonly rules: readonly Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);

/** Prometheus names of the metrics, with their labels and each label's possible values. */
const metrics = new Map(
  metricDefinitions("kinesis.0", "my-stream").flatMap((definition) => {
    const values = definition.labelKeys.map((_, position) => new Set(definition.series.map((labels) => labels[position])));
    const labels = new Map(definition.labelKeys.map((key, position) => [key, values[position]]));
    const name = `fluentbit_kinesis_${definition.name}`;
    if (definition.kind !== metricKinds.histogram) return [[name, labels] as const];
    return ["_bucket", "_sum", "_count"].map((suffix) => [`${name}${suffix}`, labels] as const);
  }),
);

describe.each(rules)("$alert", ({ expr, labels, annotations }) => {
  const used = [...expr.matchAll(/\b(fluentbit_\w+)(?:\{([^}]*)\})?/g)];

  it("uses metrics of the plugin with labels that they have", () => {
    expect(used.length).toBeGreaterThan(0);
    for (const [, name = "", matchers = ""] of used) {
      if (name === "fluentbit_output_retries_failed_total") continue;
      expect([...metrics.keys()]).toContain(name);
      for (const [, label = "", value = ""] of matchers.matchAll(/(\w+)!?="([^"]*)"/g)) {
        expect(metrics.get(name)?.has(label), label).toBe(true);
        expect(metrics.get(name)?.get(label)).toContain(value);
      }
    }
  });

  it("aggregates away only labels that exist", () => {
    for (const [, label = ""] of expr.matchAll(/without \((\w+)\)/g)) {
      expect(used.some(([, name = ""]) => metrics.get(name)?.has(label))).toBe(true);
    }
  });

  it("has a summary and a severity, with labels of its metrics", () => {
    expect(["warning", "critical"]).toContain(labels["severity"]);
    expect(Object.keys(annotations)).toEqual(["summary", "description"]);
    for (const [, label = ""] of (annotations["summary"] ?? "").matchAll(/\$labels\.(\w+)/g)) {
      expect(["name", "stream", "reason"]).toContain(label);
    }
  });
});

it("there is an alert for each kind of failure", () => {
  const all = rules.map(({ expr }) => expr).join("\n");
  for (const name of ["sent_records", "dropped_records", "failed_entries", "requests", "flush_retries"]) {
    expect(all).toContain(`fluentbit_kinesis_${name}_total`);
  }
  expect(all).toContain("requests_in_flight");
  expect(all).toContain("request_duration_seconds_bucket");
});

describe("the dashboard of Grafana", () => {
  interface Target {
    readonly expr: string;
    readonly legendFormat: string;
  }
  const { panels, templating } = JSON.parse(exampleText("monitoring/dashboard.json")) as {
    readonly panels: readonly { readonly id: number; readonly title: string; readonly targets: readonly Target[] }[];
    readonly templating: { readonly list: readonly { readonly name: string; readonly query: string }[] };
  };
  const targets = panels.flatMap((panel) => panel.targets.map((target) => ({ ...target, title: panel.title })));

  it.each(targets)("$title: $expr has metrics and labels of the plugin", ({ expr, legendFormat }) => {
    const used = [...expr.matchAll(/\b(fluentbit_\w+)\{([^}]*)\}/g)];
    expect(used.length).toBeGreaterThan(0);
    for (const [, name = "", matchers = ""] of used) {
      if (name === "fluentbit_output_retries_failed_total") continue;
      expect([...metrics.keys()]).toContain(name);
      for (const [, label = "", operator = "", value = ""] of matchers.matchAll(/(\w+)(=~?)"([^"]*)"/g)) {
        expect(metrics.get(name)?.has(label), label).toBe(true);
        if (operator === "=") expect(metrics.get(name)?.get(label)).toContain(value);
      }
    }
    for (const [, label = ""] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) expect(["name", "stream", "reason", "outcome"]).toContain(label);
    expect(expr.split("(").length, "brackets are closed").toBe(expr.split(")").length);
  });

  it("shows every metric except those with the same information as another", () => {
    const all = targets.map(({ expr }) => expr).join("\n");
    for (const name of metrics.keys()) if (!name.includes("truncated")) expect(all).toContain(name);
  });

  it("queries the values of its variables from a metric that each output has, and names each panel once", () => {
    const [, ...variables] = templating.list;
    for (const { query } of variables) expect(query).toContain("fluentbit_kinesis_sent_records_total");
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const known = new Set(templating.list.map(({ name }) => name));
    for (const [, variable = ""] of JSON.stringify(panels).matchAll(/\$\{?(\w+)/g)) expect(known.has(variable) || variable === "__rate_interval", variable).toBe(true);
  });
});

const hasPromtool = spawnSync("promtool", ["--version"]).status === 0;

describe.skipIf(!hasPromtool)("promtool", () => {
  it.each([
    ["check", "alerts.yaml"],
    ["test", "alerts.test.yaml"],
  ])("succeeds with '%s rules %s'", (what, file) => {
    const { status, stdout, stderr } = spawnSync("promtool", [what, "rules", path.join(EXAMPLES, "monitoring", file)], {
      encoding: "utf8",
    });
    expect(status, `${stdout}${stderr}`).toBe(0);
  });
});

it("the rules' own tests see each alert fire, and stay silent", () => {
  const { tests } = exampleYaml("monitoring/alerts.test.yaml") as {
    readonly tests: readonly {
      readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts?: readonly unknown[] }[];
    }[];
  };
  const cases = tests.flatMap((test) => test.alert_rule_test);
  const names = new Set(rules.map(({ alert }) => alert));
  expect(new Set(cases.filter((each) => each.exp_alerts !== undefined).map((each) => each.alertname))).toEqual(names);
  expect(new Set(cases.filter((each) => each.exp_alerts === undefined).map((each) => each.alertname))).toEqual(names);
});

describe("cloudwatch-alarms.yaml", () => {
  const template = exampleYaml("monitoring/cloudwatch-alarms.yaml") as {
    readonly Parameters: Readonly<Record<string, object>>;
    readonly Resources: Readonly<Record<string, Alarm>>;
  };
  const text = exampleText("monitoring/cloudwatch-alarms.yaml");

  it("has alarms on metrics of Kinesis", () => {
    for (const { Type, Properties } of Object.values(template.Resources)) {
      expect(Type).toBe("AWS::CloudWatch::Alarm");
      expect(Properties).toHaveProperty("Threshold");
      expect(Properties).toHaveProperty("TreatMissingData");
    }
    // From AWS's list of a stream's metrics.
    expect(new Set([...text.matchAll(/MetricName: (\S+)/g)].map(([, name]) => name))).toEqual(
      new Set([
        "WriteProvisionedThroughputExceeded",
        "PutRecords.ThrottledRecords",
        "PutRecords.TotalRecords",
        "PutRecords.FailedRecords",
        "IncomingBytes",
        "IncomingRecords",
      ]),
    );
  });

  it("refers only to its own parameters, and uses no aliases, which CloudFormation rejects", () => {
    const referred = [...text.matchAll(/Ref: (\w+)|\$\{(\w+)\}/g)].map(([, ref, sub]) => ref ?? sub);
    expect(new Set(referred)).toEqual(new Set(Object.keys(template.Parameters)));
    expect(text).not.toMatch(/: [&*]\w+/);
  });

  it("computes only with metrics of the same alarm", () => {
    for (const { Properties } of Object.values(template.Resources)) {
      const metrics = (Properties["Metrics"] ?? []) as readonly { readonly Id: string; readonly Expression?: unknown }[];
      const ids = metrics.map(({ Id }) => Id);
      for (const { Expression } of metrics.filter((metric) => metric.Expression !== undefined)) {
        const names = JSON.stringify(Expression).replaceAll(/Fn::Sub|\$\{\w+\}|PERIOD/g, "").match(/[a-z]\w*/g) ?? [];
        for (const name of names) expect(ids).toContain(name);
      }
    }
  });
});
