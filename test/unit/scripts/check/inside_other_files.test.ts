/** Tests configurations inside manifests, Helm values and task definitions: content, lines, and errors. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { briefly, ConfigurationFolder, output } from "../../../support/checked_configuration.js";

let files: ConfigurationFolder;
beforeEach(() => (files = new ConfigurationFolder()));
afterEach(() => files.remove());

const indented = (text: string, blanks: number) => text.replaceAll(/^(?=.)/gmu, " ".repeat(blanks));
const configMap = (data: Readonly<Record<string, string>>) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: fluent-bit\ndata:\n${Object.entries(data).map(([name, text]) => `  ${name}: |\n${indented(text, 4)}`).join("")}`;
const daemonSet = (container: string) =>
  `---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata:\n  name: x\nspec:\n  template:\n    spec:\n      containers:\n        - name: fluent-bit\n${indented(container, 10)}`;

describe("a Kubernetes manifest", () => {
  it("has the configuration of its ConfigMap, with the lines of the manifest", async () => {
    const findings = await files.findings("a.yaml", configMap({ "fluent-bit.conf": output({ strem: "x" }) }));
    expect(findings).toMatchObject([{ rule: "unknown-option", place: { line: 13 } }]);
  });

  it("has a configuration in YAML, with the files that it includes from the same ConfigMap", async () => {
    const main = "includes:\n  - /fluent-bit/etc/outputs.yaml\n";
    const outputs = "pipeline:\n  outputs:\n    - name: kinesis\n      match: '*'\n      region: us-west-2\n      stream: s\n";
    const findings = await files.findings("a.yml", configMap({ "fluent-bit.yaml": main, "outputs.yaml": outputs }));
    expect(findings).toMatchObject([{ rule: "retry-limit", place: { line: 12 } }]);
  });

  it("reads @INCLUDE from the ConfigMap, and reports files that are not in it", async () => {
    const text = configMap({ "fluent-bit.conf": "@INCLUDE out*.conf\n@INCLUDE /other/in.conf\n", "outputs.conf": output() });
    expect(await files.findings("a.yaml", text)).toMatchObject([{ severity: "warning", rule: "form", place: { line: 8 }, message: expect.stringContaining("'/other/in.conf' is not in the ConfigMap") as string }]);
  });

  it("uses the file that the container's arguments name", async () => {
    const text = configMap({ "fluent-bit.conf": output({ strem: "x" }), "other.conf": output() }) + daemonSet("args: [-c, /etc/x/other.conf]\n");
    expect(await files.findings("a.yaml", text)).toEqual([]);
  });

  it("uses variables of the container, not of this machine", async () => {
    const text = (env: string) => configMap({ "fluent-bit.conf": output({ region: "${R}" }) }) + daemonSet(env);
    expect(await files.findings("a.yaml", text("env: [{name: R, value: us-west-2}]\n"))).toEqual([]);
    expect(await files.findings("b.yaml", text("env: [{name: R, valueFrom: {x: y}}]\n"))).toEqual([]);
    expect(await files.findings("c.yaml", text("envFrom: [{secretRef: {name: x}}]\n"))).toEqual([]);
    const findings = await files.findings("d.yaml", text("env: []\n"), { R: "us-west-2" });
    expect(findings).toMatchObject([{ rule: "unset-variable", message: expect.stringContaining("not set in the container") as string }]);
    expect(briefly(await files.findings("e.yaml", text("env: [{name: R, value: '?'}]\n")))).toEqual(["error wrong-value"]);
  });

  it.each([
    ["env: [{name: AWS_REGION, value: eu-west-1}]\n", ["hint region"]],
    ["env: [{name: AWS_REGION, value: eu west}]\n", ["error environment"]],
    ["env: [{name: AWS_DEFAULT_REGION, valueFrom: {x: y}}]\n", []],
    ["envFrom: [{secretRef: {name: x}}]\n", []],
    ["env: []\n", ["warning missing-option"]],
  ])("takes the region from the container's variables: %s", async (env, expected) => {
    const text = configMap({ "fluent-bit.conf": output({ region: undefined }) }) + daemonSet(env);
    const findings = await files.findings("a.yaml", text, { AWS_REGION: "us-west-2" });
    expect(briefly(findings)).toEqual(expected);
    if (expected[0] === "warning missing-option") expect(findings[0]?.message).toContain("the shared files of the container, which cannot be read here");
  });

  it.each([
    ["command: [/fluent-bit/bin/fluent-bit]\nargs: [-c, fluent-bit.conf]\n", ["error not-loaded"]],
    ["command: [sh, -c, 'exec fluent-bit -c fluent-bit.conf']\n", ["error not-loaded"]],
    ["command: [/fluent-bit/bin/fluent-bit]\nargs: [-e, /fluent-bit/kinesis.so]\n", []],
    ["command: [fluent-bit, --plugin=/k.so]\n", []],
    ["args: [-c, fluent-bit.conf]\n", []],
  ])("must load the plugin if its command replaces the image's: %s", async (container, expected) => {
    expect(briefly(await files.findings("a.yaml", configMap({ "fluent-bit.conf": output() }) + daemonSet(container)))).toEqual(expected);
  });

  it("may load the plugin with plugins_file or plugins", async () => {
    const command = daemonSet("command: [fluent-bit]\n");
    expect(await files.findings("a.yaml", configMap({ "fluent-bit.conf": `[SERVICE]\n    plugins_file p.conf\n${output()}` }) + command)).toEqual([]);
    const yaml = "plugins: [/k.so]\npipeline:\n  outputs:\n    - {name: kinesis, match: '*', region: r, stream: s, retry_limit: 5}\n";
    expect(await files.findings("b.yaml", configMap({ "fluent-bit.yaml": yaml }) + command)).toEqual([]);
  });

  it("is not checked for faults of the Fluent Bit on this machine", async () => {
    const text = configMap({ "fluent-bit.conf": output() }) + daemonSet("image: x\n");
    expect(await files.findings("a.yaml", text, {}, { found: () => [2, 2, 0] })).toEqual([]);
    expect(briefly(await files.findings("a.yaml", text, {}, { named: [2, 2, 0] }))).toEqual(["hint host-failed-init"]);
  });

  it("is read as a JSON list, as kubectl prints it", async () => {
    const map = { apiVersion: "v1", kind: "ConfigMap", data: { "fluent-bit.conf": output({ strem: "x" }) } };
    const findings = await files.findings("a.json", JSON.stringify({ apiVersion: "v1", kind: "List", items: [map] }, undefined, "\t"));
    expect(briefly(findings)).toEqual(["error unknown-option"]);
  });

  it.each([
    ["only another object", "apiVersion: v1\nkind: Service\n", /^no ConfigMap of this manifest has a configuration/],
    ["only parsers", configMap({ "parsers.conf": "[PARSER]\n    Name x\n" }), /^no ConfigMap of this manifest/],
    ["a Helm template", `apiVersion: v1\nkind: ConfigMap\ndata:\n  {{- range .x }}\n`, /^this cannot be read as YAML or JSON/],
  ])("is rejected in one line with %s", async (_, text, message) => {
    const findings = await files.findings("a.yaml", text);
    expect(findings).toMatchObject([{ severity: "error", rule: "form", message: expect.stringMatching(message) as string }]);
  });
});

describe("values of the Helm chart", () => {
  const values = (more: string, keys = {}) => `${more}config:\n  inputs: |\n    [INPUT]\n        Name dummy\n  outputs: |\n${indented(output(keys), 4)}`;
  const args = "args: [-e, /fluent-bit/kinesis.so]\n";

  it("must load the plugin, since the chart's command replaces the image's", async () => {
    expect(briefly(await files.findings("a.yaml", values("")))).toEqual(["error not-loaded"]);
    expect(briefly(await files.findings("b.yaml", values("command: []\n")))).toEqual([]);
    expect(await files.findings("c.yaml", values(args))).toEqual([]);
  });

  it("are read as one file, with the lines of the values", async () => {
    expect(await files.findings("a.yaml", values(args, { strem: "x" }))).toMatchObject([{ rule: "unknown-option", place: { line: 13 } }]);
  });

  it("support hot reloads, variables and templates", async () => {
    expect(briefly(await files.findings("a.yaml", values(`${args}hotReload: {enabled: true}\n`, { workers: "1" })))).toEqual(["warning workers"]);
    expect(await files.findings("b.yaml", values(`${args}env: [{name: R, value: us-west-2}]\n`, { region: "${R}", stream: "{{ .Values.stream }}" }))).toEqual([]);
    expect(briefly(await files.findings("c.yaml", values(args, { region: "${R}" })))).toEqual(["warning unset-variable"]);
  });

  it("may have the configuration in YAML below extraFiles", async () => {
    const text = "args: [-e, k.so, --config=/fluent-bit/etc/conf/fluent-bit.yaml]\nconfig:\n  extraFiles:\n    fluent-bit.yaml: |\n      pipeline:\n        outputs:\n          - name: kinesis\n            match: '*'\n            region: r\n            stream: s\n";
    expect(await files.findings("a.yaml", text)).toMatchObject([{ rule: "retry-limit", place: { line: 7 } }]);
  });
});

describe("an ECS task definition", () => {
  const router = { name: "log_router", firelensConfiguration: { type: "fluentbit", options: {} } };
  const options = { Name: "kinesis", region: "us-west-2", stream: "s", Retry_Limit: "5" };
  const app = (more: object = {}, secretOptions: object[] = []) => ({ name: "app", logConfiguration: { logDriver: "awsfirelens", options: { ...options, ...more }, secretOptions } });
  const task = (...containers: object[]) => JSON.stringify({ containerDefinitions: containers }, undefined, 1);

  it("has an output for each container that logs through FireLens", async () => {
    expect(await files.findings("a.json", task(router, app()))).toEqual([]);
    const findings = await files.findings("b.json", task(router, app({ strem: "x" })));
    expect(findings).toMatchObject([{ rule: "unknown-option", place: { line: 19 } }]);
    expect(await files.findings("c.json", `{"taskDefinition": ${task(router, app())}}`)).toEqual([]);
  });

  it("omits FireLens' own options, and knows secrets", async () => {
    const more = { "exclude-pattern": "x", "include-pattern": "y", "log-driver-buffer-limit": "1" };
    expect(await files.findings("a.json", task(router, app(more, [{ name: "external_id", valueFrom: "arn" }])))).toEqual([]);
  });

  it("is rejected with a value that is not a string", async () => {
    expect(await files.findings("a.json", task(router, app({ append_newline: true })))).toMatchObject([{ severity: "error", message: expect.stringContaining("'append_newline' is not a string") as string }]);
  });

  it("reads the file that FireLens includes from its own folder", async () => {
    const including = { ...router, firelensConfiguration: { type: "fluentbit", options: { "config-file-type": "file", "config-file-value": "/x/extra.conf" } } };
    expect(briefly(await files.findings("a.json", task(including, app())))).toEqual(["hint form"]);
    files.write("extra.conf", "[SERVICE]\n    Flush 0\n");
    expect(await files.findings("b.json", task(including, app()))).toMatchObject([{ rule: "flush", place: { file: expect.stringMatching(/extra\.conf$/) as string, line: 2 } }]);
  });

  it.each([
    ["no log router", task(app()), /no container of the task has a firelensConfiguration/],
    ["Fluentd", task({ ...router, firelensConfiguration: { type: "fluentd" } }, app()), /is 'fluentd'/],
    ["no such output", task(router, app({ Name: "null" })), /there is no output of this plugin/],
    ["invalid JSON", `{"containerDefinitions": [}`, /cannot be read as YAML or JSON/],
  ])("is rejected with %s", async (_, text, message) => {
    expect(await files.findings("a.json", text)).toMatchObject([{ severity: "error", message: expect.stringMatching(message) as string }]);
  });
});

it.each([
  ["a.json", `{"Version": "2012-10-17"}`, /neither an ECS task definition nor a Kubernetes manifest/],
  ["a.yaml", "AWSTemplateFormatVersion: '2010-09-09'\n", /a CloudFormation template/],
  ["a.yaml", "services:\n  x:\n    image: y\n", /a Docker Compose file/],
  ["a.txt", "# why\npipeline:\n  outputs:\n", /looks like YAML/],
  ["a.conf", "[SERVICE]\n    Flush 1\n[INPUT]\n    Name dummy\n", /there is no output of this plugin, nor any other/],
])("%s with %j is rejected in one line", async (name, text, message) => {
  expect(await files.findings(name, text)).toMatchObject([{ severity: "error", place: { line: 1 }, message: expect.stringMatching(message) as string }]);
});

describe("a file that FireLens includes", () => {
  it("needs no inputs and outputs, which FireLens adds", async () => {
    const text = "[SERVICE]\n    Flush 1\n[FILTER]\n    Name grep\n    Match app-firelens*\n    Exclude log GET\n";
    expect(await files.findings("extra.conf", text)).toEqual([]);
    expect(await files.findings("parts.yaml", "service:\n  flush: 1\n")).toEqual([]);
  });

  it("may have an output for tags that its own inputs do not have", async () => {
    expect(await files.findings("extra.conf", output({ Match: "app-firelens*" }))).toEqual([]);
  });

  it("is checked like any other configuration", async () => {
    expect(briefly(await files.findings("extra.conf", "[SERVICE]\n    Flush 0\n"))).toEqual(["error flush"]);
  });
});
