/** Tests that the check has no findings for the example configurations, checked as their texts describe. */
import { readdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { check } from "../../../../scripts/check/check.js";
import { readEnvironmentFile } from "../../../../scripts/check/environment_file.js";
import { EXAMPLES, exampleText } from "../../../support/example_files.js";

const files: readonly (readonly [file: string, environmentFile: string | undefined])[] = [
  ["fluent-bit.conf", undefined],
  ["fluent-bit.yaml", undefined],
  ["fluent-bit-aggregation.conf", undefined],
  ["fluent-bit-aggregation.yaml", undefined],
  ["fluent-bit-windows.conf", undefined],
  ["docker-compose/fluent-bit.conf", "docker-compose/.env"],
  ["ecs-firelens/task-definition.json", undefined],
  ["kubernetes/fluent-bit.yaml", undefined],
  ["kubernetes/helm-values.yaml", undefined],
  ["systemd/fluent-bit.conf", "systemd/environment"],
];

/** Files that are not configurations of Fluent Bit, with the message of the check. */
const others: readonly (readonly [file: string, message: RegExp])[] = [
  ["docker-compose/compose.yaml", /this is a Docker Compose file/],
  ["ecs-firelens/task-role-policy.json", /this is an IAM policy/],
  ["kubernetes/eks-chart-values.yaml", /this is a file of values for another Helm chart, or to merge with others/],
  ["kubernetes/init-container-values.yaml", /this is a file of values for another Helm chart, or to merge with others/],
  ["kubernetes/pod-identity-trust-policy.json", /this is an IAM policy/],
  ["kubernetes/role-policy.json", /this is an IAM policy/],
  ["kubernetes/service-account-pod-identity.yaml", /no ConfigMap of this manifest has a configuration/],
  ["monitoring/alerts.yaml", /this is a file of Prometheus alerts/],
  ["monitoring/alerts.test.yaml", /this is a file of tests of Prometheus alerts/],
  ["monitoring/cloudwatch-alarms.yaml", /this is a CloudFormation template/],
];

describe("the check", () => {
  it("runs on each example file that may contain a configuration", () => {
    const all = readdirSync(EXAMPLES, { recursive: true, encoding: "utf8" }).map((file) => file.replaceAll(path.sep, "/"));
    const tried = [...files.map(([file]) => file), ...others.map(([file]) => file), "ecs-firelens/extra.conf"];
    expect(tried.sort()).toEqual(all.filter((file) => /\.(?:conf|ya?ml|json)$/u.test(file) && !file.includes("dashboard")).sort());
  });

  it("has no findings for the file that FireLens includes", async () => {
    expect(await check(path.join(EXAMPLES, "ecs-firelens/extra.conf"), {})).toMatchObject({ findings: [], outputs: [] });
  });

  it.each(others)("reports in one line that %s is not a configuration", async (file, message) => {
    const { findings } = await check(path.join(EXAMPLES, file), {});
    expect(findings).toMatchObject([{ severity: "error", message: expect.stringMatching(message) as string }]);
  });

  it.each(files)("has no findings for %s", async (file, environmentFile) => {
    const environment = environmentFile === undefined ? {} : readEnvironmentFile(path.join(EXAMPLES, environmentFile));
    const { findings, outputs } = await check(path.join(EXAMPLES, file), environment);
    expect(findings).toEqual([]);
    expect(outputs).toHaveLength(1);
    expect(outputs[0]?.options.isGood).toBe(true);
  });

  it.each(files.filter(([file]) => file.includes("/")))("for %s is in the text of that example", (file, environmentFile) => {
    const readme = exampleText(`${path.dirname(file)}/README.md`);
    expect(readme).toContain(`npm run check -- examples/${file}${environmentFile === undefined ? "" : ` --variables examples/${environmentFile}`}`);
  });
});
