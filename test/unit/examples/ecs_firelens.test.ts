// Tests that the ECS example's task definition and role agree with extra.conf.
import { describe, expect, it } from "vitest";
import { endSecondsOf, exampleJson, exampleText, sectionsOf } from "../../support/example_files.js";
import { copiesOf, stagesOf } from "../../support/dockerfile.js";

interface Container {
  readonly name: string;
  readonly essential: boolean;
  readonly user?: string;
  readonly memoryReservation: number;
  readonly stopTimeout?: number;
  readonly firelensConfiguration?: { readonly type: string; readonly options: Readonly<Record<string, string>> };
  readonly healthCheck?: { readonly command: readonly string[]; readonly interval: number; readonly retries: number };
  readonly dependsOn?: readonly { readonly containerName: string; readonly condition: string }[];
  readonly logConfiguration: { readonly logDriver: string; readonly options: Readonly<Record<string, string>> };
}

interface Task {
  readonly taskRoleArn: string;
  readonly memory: string;
  readonly containerDefinitions: readonly [Container, Container];
}

const task = exampleJson("ecs-firelens/task-definition.json") as Task;
const [router, app] = task.containerDefinitions;
const service = sectionsOf(exampleText("ecs-firelens/extra.conf")).find(({ kind }) => kind === "SERVICE")?.properties;

describe("the task definition", () => {
  it("has a log router of Fluent Bit with the file in the image", () => {
    expect(router.firelensConfiguration?.type).toBe("fluentbit");
    const { "config-file-type": type, "config-file-value": file = "" } = router.firelensConfiguration?.options ?? {};
    expect(type).toBe("file");
    const last = stagesOf(exampleText("ecs-firelens/Dockerfile")).at(-1);
    const copies = last === undefined ? [] : copiesOf(last);
    expect(copies).toContainEqual({ from: undefined, sources: ["examples/ecs-firelens/extra.conf"], target: file });
    expect(file, "FireLens mounts a folder over it").not.toMatch(/^\/fluent-bit\/etc\//);
  });

  it("sends the application's log with this plugin, once the router is healthy", () => {
    expect(app.logConfiguration.logDriver).toBe("awsfirelens");
    expect(app.logConfiguration.options).toMatchObject({ Name: "kinesis", region: "us-west-2", stream: "my-stream" });
    expect(app.dependsOn).toEqual([{ containerName: router.name, condition: "HEALTHY" }]);
    // All values of logConfiguration are strings; ECS rejects numbers and booleans.
    for (const value of Object.values(app.logConfiguration.options)) expect(typeof value).toBe("string");
  });

  it("checks the health where Fluent Bit serves it", () => {
    const url = /http:\S+/.exec(router.healthCheck?.command.join(" ") ?? "")?.[0];
    expect(url).toBe(`http://127.0.0.1:${service?.get("http_port")}/api/v1/health`);
    expect(service?.get("health_check")).toBe("On");
  });

  it("does not replace the task immediately when Kinesis accepts no records for a while", () => {
    const { interval = 0, retries = 0 } = router.healthCheck ?? {};
    expect(interval * retries).toBeGreaterThanOrEqual(300);
    // The maximum of ECS.
    expect(retries).toBeLessThanOrEqual(10);
  });

  it("names the execution role's permissions beyond the managed policy, if the log group is to be created", () => {
    const creates = router.logConfiguration.options["awslogs-create-group"] === "true";
    expect(exampleText("ecs-firelens/README.md").includes("logs:CreateLogGroup")).toBe(creates);
  });

  it("waits for the router's end longer than Grace and drain_timeout together", () => {
    const { drain_timeout: drainTimeout } = app.logConfiguration.options;
    expect(router.stopTimeout).toBeGreaterThan(endSecondsOf(service?.get("grace"), drainTimeout));
  });

  it("has more memory than its containers reserve, and at least 89 MiB for the router", () => {
    expect(router.memoryReservation).toBeGreaterThan(89);
    expect(router.memoryReservation + app.memoryReservation).toBeLessThanOrEqual(Number(task.memory));
    expect(router.essential).toBe(true);
  });
});

it.each(["ecs-firelens/task-role-policy.json", "kubernetes/role-policy.json"])("%s allows the actions that the README lists", (name) => {
  const policy = exampleJson(name) as {
    readonly Statement: readonly { readonly Action: readonly string[]; readonly Resource: string }[];
  };
  expect(policy.Statement).toHaveLength(1);
  expect(policy.Statement[0]?.Action).toEqual(["kinesis:PutRecords", "kinesis:ListShards"]);
  const { region, stream } = app.logConfiguration.options;
  expect(policy.Statement[0]?.Resource).toBe(`arn:aws:kinesis:${region}:123456789012:stream/${stream}`);
});
