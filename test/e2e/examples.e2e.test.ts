// Tests the configurations of examples/ in a real Fluent Bit: it checks and starts each one, which sends to a local Kinesis.
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Child } from "../support/child.js";
import { deaggregateAll, isAggregate } from "../support/deaggregate.js";
import { pluginEnvironment } from "../support/environment.js";
import { configurations, EXAMPLES, exampleText, exampleYaml, variablesOf } from "../support/example_files.js";
import { type Example, ExampleRun } from "../support/example_run.js";
import { freePort } from "../support/kinesis_local.js";
import { PLUGIN } from "../support/plugin_host.js";
import { type JsonObject, jsonOf, useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });

const examples = configurations();
const exampleOf = (name: string): Example => {
  const example = examples.find((each) => each.name === name);
  if (example === undefined) throw new Error(`no example ${name}`);
  return example;
};

describe.skipIf(!process.env["FLUENT_BIT"])("the examples in Fluent Bit", () => {
  const streams = useStreams();
  const running: { destroy(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const each of running.splice(0).reverse()) await each.destroy();
  });

  async function newRun(): Promise<ExampleRun> {
    const run = await ExampleRun.prepare();
    running.push(run);
    return run;
  }

  it.each(examples)("$name: Fluent Bit finds no errors in it", async ({ name, text }) => {
    // Fluent Bit for Linux has no winlog.
    const checked = text.replace(/\[INPUT\]\n +Name +winlog[^[]*/, "[INPUT]\n    Name dummy\n");
    const { status, output } = await (await newRun()).check({ name, text: checked });
    expect(output).toContain("configuration test is successful");
    expect(status).toBe(0);
  });

  it("kubernetes: the Helm chart's command line loads the plugin; without it Fluent Bit logs the README's message", async () => {
    const { args } = exampleYaml("kubernetes/helm-values.yaml") as { readonly args: readonly string[] };
    const run = await newRun();
    const file = path.join(run.folder, "fluent-bit.conf");
    writeFileSync(file, "[OUTPUT]\n    Name kinesis\n    Match *\n    region us-west-2\n    stream my-stream\n");
    const here = args.map((word) => word.replace("/fluent-bit/kinesis.so", PLUGIN).replace("/fluent-bit/etc/conf/fluent-bit.conf", file).replace("/fluent-bit/etc", run.folder));
    const outcome = async (words: readonly string[]) => {
      const child = new Child(process.env["FLUENT_BIT"] ?? "", ["--dry-run", ...words], { env: pluginEnvironment() });
      running.push(child);
      return { status: (await child.ended).status, output: child.output };
    };
    expect(await outcome(here)).toMatchObject({ status: 0 });
    const without = await outcome(here.slice(2));
    expect(without.status).not.toBe(0);
    const readme = readFileSync(path.join(EXAMPLES, "..", "README.md"), "utf8");
    const message = /section 'kinesis' tried to instance a plugin name that do\S+ exists?/.exec(without.output)?.[0] ?? "no such message";
    for (const text of [readme, exampleText("kubernetes/README.md")]) expect(text).toContain(message);

    writeFileSync(path.join(run.folder, "plugins.conf"), `[PLUGINS]\n    Path ${PLUGIN}\n`);
    writeFileSync(file, `[SERVICE]\n    plugins_file ${run.folder}/plugins.conf\n${readFileSync(file, "utf8")}`);
    expect(await outcome(here.slice(2))).toMatchObject({ status: 0 });
  });

  it("Fluent Bit would find an invalid option", async () => {
    const { name, text } = exampleOf("fluent-bit.conf");
    const { status } = await (await newRun()).check({ name, text: text.replace("Listen", "Lissen") });
    expect(status).not.toBe(0);
  });

  /** Starts Fluent Bit and returns its records, once there are any. */
  async function recordsOf(name: string, feed: (run: ExampleRun) => void): Promise<JsonObject[]> {
    const [run, stream] = [await newRun(), await streams.newStream(2)];
    const fluentBit = run.start(exampleOf(name), stream, streams.kinesis.endpoint);
    await fluentBit.waitForText(/stream = '|successfully|\[sp\] stream processor started|partition key/);
    const feeding = setInterval(() => feed(run), 200);
    try {
      const received = await streams.untilArrived(stream, 3).catch((error: unknown) => {
        throw new Error(fluentBit.output, { cause: error });
      });
      fluentBit.kill("SIGTERM");
      expect(await fluentBit.ended, fluentBit.output).toEqual({ status: 0, signal: null });
      return received.some(isAggregate) ? deaggregateAll(received).map(jsonOf) : received.map(jsonOf);
    } finally {
      clearInterval(feeding);
    }
  }

  const once = (action: (run: ExampleRun) => void): ((run: ExampleRun) => void) => {
    let done = false;
    return (run) => {
      if (!done) action(run);
      done = true;
    };
  };

  it.each(["fluent-bit.conf", "fluent-bit.yaml", "fluent-bit-aggregation.conf", "fluent-bit-aggregation.yaml"])(
    "%s receives records by the forward protocol",
    async (name) => {
      const record = { container_id: "c1", log: "line", "a.b": 1 };
      const send = once((run) => {
        run.startSender("app", record, { host: "127.0.0.1", port: String(run.forwardPort) });
      });
      for (const sent of await recordsOf(name, send)) expect(sent).toMatchObject({ container_id: "c1", log: "line" });
    },
  );

  it("ecs-firelens: the configuration from the task definition sends the application's log", async () => {
    const send = once((run) => {
      const target = { unix_path: run.local("/var/run/fluent.sock") };
      run.startSender("app-firelens-1234", { container_id: "c1", log: 'x "GET /healthz HTTP/1.1"' }, target);
      run.startSender("app-firelens-1234", { container_id: "c1", log: "GET /orders" }, target);
    });
    const records = await recordsOf("ecs-firelens/task-definition.json", send);
    for (const record of records) {
      expect(record).toMatchObject({ log: "GET /orders", container_id: "c1", ecs_cluster: "cluster" });
      expect(record["time"]).toMatch(/^\d{4}-\d\d-\d\dT[\d:]+\.\d{3}\+0000$/);
    }
  });

  it("systemd: sends the lines of files, with file name and host name", async () => {
    const feed = (run: ExampleRun): void => appendFileSync(run.local("/var/log/app.log"), "a line\n");
    const [run, stream] = [await newRun(), await streams.newStream()];
    feed(run);
    const fluentBit = run.start(exampleOf("systemd/fluent-bit.conf"), stream, streams.kinesis.endpoint);
    await fluentBit.waitForText(/inotify_fs_add/);
    feed(run);
    const [record] = await streams.untilArrived(stream, 1);
    expect(record?.partitionKey).toBe(run.local("/var/log/app.log"));
    expect(record === undefined ? {} : jsonOf(record)).toMatchObject({ log: "a line", host: "machine", file: record?.partitionKey });
  });

  it("kubernetes: sends the containers' lines by pod, and is healthy", async () => {
    const [run, stream] = [await newRun(), await streams.newStream(2)];
    const id = "a".repeat(64);
    const file = run.local(`/var/log/containers/web-1_shop_nginx-${id}.log`);
    const feed = (): void => appendFileSync(file, '2026-01-01T00:00:00.123456789Z stdout F {"level":"info"}\n');
    feed();
    // Instead of an API server: the metadata that the filter would have got from it.
    const metadata = path.join(run.folder, "metadata");
    mkdirSync(metadata);
    const labels = { "app.kubernetes.io/name": "web" };
    const pod = { metadata: { name: "web-1", namespace: "shop", uid: "u1", labels }, spec: {}, status: {} };
    writeFileSync(path.join(metadata, "shop_web-1.meta"), JSON.stringify(pod));
    const { name, text } = exampleOf("kubernetes/fluent-bit.yaml");
    const prefix = `kube.${run.folder.slice(1).replaceAll("/", ".")}.log.`;
    const local = text
      .replace(/^( +)Kube_Tag_Prefix .*$/m, `$1Kube_Tag_Prefix ${prefix}\n$1Kube_meta_preload_cache_dir ${metadata}`);
    const fluentBit = run.start({ name, text: local }, stream, streams.kinesis.endpoint);
    await fluentBit.waitForText(/inotify_fs_add/);
    feed();
    const records = await streams.untilArrived(stream, 1).catch((error: unknown) => {
      throw new Error(fluentBit.output, { cause: error });
    });
    expect(records.map(({ partitionKey }) => partitionKey)).toEqual(records.map(() => "web-1"));
    expect(records.map(jsonOf)[0]).toMatchObject({
      level: "info",
      kubernetes: { pod_name: "web-1", namespace_name: "shop", container_name: "nginx", labels: { "app_kubernetes_io/name": "web" } },
    });
    expect(await (await fetch(`http://127.0.0.1:${run.httpPort}/api/v1/health`)).text()).toBe("ok\n");
  });

  it("docker-compose: the emulator, Fluent Bit and the reader work together, and serve all metrics of the alerts", async () => {
    const variables = variablesOf(exampleText("docker-compose/.env"));
    const fill = (text: string): string => text.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => variables.get(name) ?? "");
    const { services } = exampleYaml("docker-compose/compose.yaml") as {
      readonly services: Readonly<Record<string, { readonly environment: Readonly<Record<string, string>> }>>;
    };
    const environmentOf = (service: string, changed: Readonly<Record<string, string>>): NodeJS.ProcessEnv => {
      const given = Object.entries(services[service]?.environment ?? {}).map(([name, value]) => [name, fill(value)]);
      return pluginEnvironment({ LD_LIBRARY_PATH: undefined, ...(Object.fromEntries(given) as Record<string, string>), ...changed });
    };
    const keep = (child: Child): Child => {
      running.push(child);
      return child;
    };
    const [port, tlsPort] = [String(await freePort()), String(await freePort())];
    const emulator = path.dirname(createRequire(import.meta.url).resolve("kinesis-local/package.json"));
    const endpoint = `http://127.0.0.1:${port}`;
    keep(
      new Child(process.execPath, [path.join(emulator, "main.js")], {
        cwd: emulator,
        env: environmentOf("kinesis", { KINESIS_MOCK_PLAIN_PORT: port, KINESIS_MOCK_TLS_PORT: tlsPort }),
      }),
    );
    const startReader = (): Child =>
      keep(
        new Child(process.execPath, [path.join(EXAMPLES, "docker-compose", "reader.mjs")], {
          env: environmentOf("reader", { KINESIS_ENDPOINT: endpoint }),
        }),
      );
    const run = await newRun();
    const stream = variables.get("KINESIS_STREAM") ?? "";
    // The emulator creates the stream after it listens. Compose waits only for its port; retries bridge the rest.
    await vi.waitUntil(async () => fetch(endpoint).then(() => true, () => false), { timeout: 60_000, interval: 100 });
    run.start(exampleOf("docker-compose/fluent-bit.conf"), stream, endpoint);
    const reader = startReader();
    const line = await reader.waitForText(/^shardId-\d+ alice: .*$/m);
    expect(JSON.parse(line.slice(line.indexOf("{")))).toMatchObject({ message: "hello", user: "alice" });
    const alerts = new Set([...exampleText("monitoring/alerts.yaml").matchAll(/\bfluentbit_\w+/g)].map(([name]) => name));
    const shown = await (await fetch(`http://127.0.0.1:${run.httpPort}/api/v2/metrics/prometheus`)).text();
    for (const name of alerts) expect(shown, name).toContain(`\n${name}{`);
  });
});
