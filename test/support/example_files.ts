// Reads the files in examples/: Fluent Bit's classic and YAML configurations, and the one inside the ConfigMap.
import { readFileSync } from "node:fs";
import path from "node:path";
import { parse, parseAllDocuments } from "yaml";
import { readConfig } from "../../src/options/config.js";
import { ROOT } from "./plugin_host.js";
import { RecordedLog } from "./recorded_log.js";

export const EXAMPLES = path.join(ROOT, "examples");

export interface ConfigurationSection {
  /** Kind in capitals: SERVICE, INPUT, FILTER, OUTPUT. */
  readonly kind: string;
  /** Properties, with keys in lower case. */
  readonly properties: ReadonlyMap<string, string>;
}

export type Properties = Readonly<Record<string, unknown>>;

export function exampleText(name: string): string {
  return readFileSync(path.join(EXAMPLES, name), "utf8");
}

export function exampleJson(name: string): unknown {
  return JSON.parse(exampleText(name));
}

/** Returns the maximum seconds of an end: Fluent Bit's Grace plus the output's drain_timeout, or its default. */
export function endSecondsOf(grace: string | undefined, drainTimeout?: string): number {
  const options = new Map([["region", "us-west-2"], ["stream", "my-stream"], ["drain_timeout", drainTimeout]]);
  const { drainTimeoutMs } = readConfig((key) => options.get(key), new RecordedLog(), () => "UTC");
  return Number(grace) + drainTimeoutMs / 1000;
}

/** Returns the only document of a YAML file. */
export function exampleYaml(name: string): unknown {
  return parse(exampleText(name));
}

/** Returns all documents of a YAML file. @throws Error when one has an error */
export function exampleDocuments<T>(name: string): T[] {
  return parseAllDocuments(exampleText(name)).map((document) => {
    if (document.errors.length > 0) throw new Error(`${name}: ${document.errors.map(String).join(", ")}`);
    return document.toJS() as T;
  });
}

/** Returns the sections of a classic configuration. @throws Error with an invalid line */
export function sectionsOf(text: string): ConfigurationSection[] {
  const sections: { kind: string; properties: Map<string, string> }[] = [];
  for (const line of text.split("\n").map((each) => each.trim())) {
    if (line === "" || line.startsWith("#")) continue;
    const kind = /^\[(\w+)\]$/.exec(line)?.[1];
    const [, key, value] = /^(\S+)\s+(.+)$/.exec(line) ?? [];
    if (kind !== undefined) sections.push({ kind: kind.toUpperCase(), properties: new Map() });
    else if (key === undefined || value === undefined || sections.length === 0) throw new Error(`not understood: ${line}`);
    else sections.at(-1)?.properties.set(key.toLowerCase(), value);
  }
  return sections;
}

/** Returns the sections of a YAML configuration in the same form. */
export function sectionsOfYaml(text: string): ConfigurationSection[] {
  const { service, pipeline } = parse(text) as {
    readonly service: Properties;
    readonly pipeline: Readonly<Record<"inputs" | "filters" | "outputs", readonly Properties[] | undefined>>;
  };
  const section = (kind: string, properties: Properties): ConfigurationSection => ({
    kind,
    properties: new Map(Object.entries(properties).map(([key, value]) => [key.toLowerCase(), String(value)])),
  });
  return [
    section("SERVICE", service),
    ...(pipeline.inputs ?? []).map((input) => section("INPUT", input)),
    ...(pipeline.filters ?? []).map((filter) => section("FILTER", filter)),
    ...(pipeline.outputs ?? []).map((output) => section("OUTPUT", output)),
  ];
}

interface ConfigMap {
  readonly kind: string;
  readonly data: Readonly<Record<string, string>>;
}

/** Returns the configuration inside the Kubernetes example. */
export function kubernetesConfiguration(): string {
  const map = exampleDocuments<ConfigMap>("kubernetes/fluent-bit.yaml").find(({ kind }) => kind === "ConfigMap");
  const text = map?.data["fluent-bit.conf"];
  if (text === undefined) throw new Error("there is no ConfigMap with fluent-bit.conf");
  return text;
}

/** Returns the variables of a .env file or an environment file of systemd. */
export function variablesOf(text: string): Map<string, string> {
  return new Map([...text.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name = "", value = ""]) => [name, value]));
}

interface FirelensContainer {
  readonly name: string;
  readonly logConfiguration: { readonly logDriver: string; readonly options: Readonly<Record<string, string>> };
}

/** Returns the configuration that FireLens writes for the ECS example, with extra.conf instead of its @INCLUDE. */
export function firelensConfiguration(socket: string): string {
  const task = exampleJson("ecs-firelens/task-definition.json") as { readonly containerDefinitions: readonly FirelensContainer[] };
  const outputs = task.containerDefinitions
    .filter(({ logConfiguration }) => logConfiguration.logDriver === "awsfirelens")
    .map(({ name, logConfiguration }) => {
      const options = Object.entries(logConfiguration.options).map(([key, value]) => `    ${key} ${value}\n`);
      return `[OUTPUT]\n    Match ${name}-firelens*\n${options.join("")}`;
    });
  return [
    `[INPUT]\n    Name forward\n    unix_path ${socket}\n`,
    "[FILTER]\n    Name record_modifier\n    Match *\n    Record ecs_cluster cluster\n",
    exampleText("ecs-firelens/extra.conf"),
    ...outputs,
  ].join("\n");
}

/** Returns every Fluent Bit configuration in the examples, by name. */
export function configurations(): { name: string; text: string; sections: ConfigurationSection[] }[] {
  const atTheTop = ["fluent-bit.conf", "fluent-bit-aggregation.conf", "fluent-bit-windows.conf"];
  const classic = [...atTheTop, "docker-compose/fluent-bit.conf", "systemd/fluent-bit.conf"];
  const texts = new Map(classic.map((name) => [name, exampleText(name)]));
  texts.set("kubernetes/fluent-bit.yaml", kubernetesConfiguration());
  texts.set("ecs-firelens/task-definition.json", firelensConfiguration("/var/run/fluent.sock"));
  const inYaml = ["fluent-bit.yaml", "fluent-bit-aggregation.yaml"];
  return [
    ...[...texts].map(([name, text]) => ({ name, text, sections: sectionsOf(text) })),
    ...inYaml.map((name) => ({ name, text: exampleText(name), sections: sectionsOfYaml(exampleText(name)) })),
  ];
}
