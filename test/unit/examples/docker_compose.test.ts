// Tests that the variables, files, ports and addresses of the docker-compose example agree.
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { stagesOf } from "../../support/dockerfile.js";
import { endSecondsOf, EXAMPLES, exampleText, exampleYaml, sectionsOf, variablesOf } from "../../support/example_files.js";
import { ROOT } from "../../support/plugin_host.js";

interface Service {
  readonly image?: string;
  readonly command?: readonly string[];
  readonly init?: boolean;
  readonly build?: {
    readonly context: string;
    readonly dockerfile: string;
    readonly args: Readonly<Record<string, string>>;
  };
  readonly environment: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly stop_grace_period?: string;
}

const folder = path.join(EXAMPLES, "docker-compose");
const text = exampleText("docker-compose/compose.yaml");
const { services } = exampleYaml("docker-compose/compose.yaml") as { readonly services: Readonly<Record<"kinesis" | "fluent-bit" | "reader", Service>> };
const { kinesis, "fluent-bit": fluentBit, reader } = services;
const variables = variablesOf(exampleText("docker-compose/.env"));

describe("compose.yaml", () => {
  it("takes all its variables from .env, which has no others", () => {
    const used = new Set([...text.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name));
    expect(used).toEqual(new Set(variables.keys()));
  });

  it("builds Fluent Bit's image from this repository, with an ARG that the Dockerfile has", () => {
    const context = path.resolve(folder, fluentBit.build?.context ?? "");
    expect(context).toBe(ROOT);
    const dockerfile = readFileSync(path.join(context, fluentBit.build?.dockerfile ?? ""), "utf8");
    expect(stagesOf(dockerfile).length).toBeGreaterThan(1);
    for (const name of Object.keys(fluentBit.build?.args ?? {})) expect(dockerfile).toContain(`ARG ${name}=`);
  });

  it("mounts files that exist, to paths where the images read them", () => {
    const mounts = [...(fluentBit.volumes ?? []), ...(reader.volumes ?? [])].map((mount) => mount.split(":"));
    for (const [source = ""] of mounts) expect(existsSync(path.join(folder, source)), source).toBe(true);
    expect(mounts.map(([, target]) => target)).toEqual(["/fluent-bit/etc/fluent-bit.conf", "/reader.mjs"]);
    expect(reader.command).toEqual(["node", "/reader.mjs"]);
  });

  it("sends to and reads from the local Kinesis, which creates the stream at its start", () => {
    const endpoint = `http://kinesis:${kinesis.environment["KINESIS_MOCK_PLAIN_PORT"]}`;
    expect(variables.get("KINESIS_ENDPOINT")).toBe(endpoint);
    for (const { environment } of [fluentBit, reader]) expect(environment["KINESIS_ENDPOINT"]).toBe("${KINESIS_ENDPOINT}");
    expect(kinesis.environment["INITIALIZE_STREAMS"]).toMatch(/^\$\{KINESIS_STREAM\}:\d+:\$\{AWS_REGION\}$/);
  });

  it("sets the variables of Fluent Bit's configuration, and its stop time", () => {
    const configuration = exampleText("docker-compose/fluent-bit.conf");
    for (const [, name = ""] of configuration.matchAll(/\$\{(\w+)\}/g)) expect(fluentBit.environment).toHaveProperty(name);
    const sections = sectionsOf(configuration);
    const endSeconds = endSecondsOf(sections[0]?.properties.get("grace"), sections.at(-1)?.properties.get("drain_timeout"));
    expect(Number.parseInt(fluentBit.stop_grace_period ?? "", 10)).toBeGreaterThan(endSeconds);
  });

  it("lets Node.js receive SIGTERM, which it ignores as a container's first process", () => {
    for (const service of Object.values(services)) if (service.image?.startsWith("node:") === true) expect(service.init).toBe(true);
    expect(Object.values(services).filter(({ init }) => init === true)).toHaveLength(2);
  });

  it("runs the version of the emulator that the tests run", () => {
    const lock = JSON.parse(readFileSync(path.join(ROOT, "package-lock.json"), "utf8")) as {
      readonly packages: Readonly<Record<string, { readonly version: string }>>;
    };
    expect(variables.get("KINESIS_LOCAL_VERSION")).toBe(lock.packages["node_modules/kinesis-local"]?.version);
    expect(kinesis.command?.at(-1)).toMatch(/ kinesis-local@\$\{KINESIS_LOCAL_VERSION\} && cd \S+\/node_modules\/kinesis-local && exec node main\.js$/);
  });
});
