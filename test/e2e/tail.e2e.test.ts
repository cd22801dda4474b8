// Tests reading a stream with the command, from a Kinesis on this machine: records of other producers, and of our plugin.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { deflateSync, gzipSync } from "node:zlib";
import { KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type Environment, pluginEnvironment } from "../support/environment.js";
import { chunkOf } from "../support/event_chunk.js";
import { REGION } from "../support/kinesis_local.js";
import { writeAggregate } from "../support/kpl_aggregate.js";
import { useStreams } from "../support/stream_fixture.js";
import { TailCommand } from "../support/tail_command.js";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const project = fileURLToPath(new URL("../..", import.meta.url));
const streams = useStreams();
const running: TailCommand[] = [];
let client: KinesisClient;

beforeAll(() => {
  client = new KinesisClient({
    endpoint: streams.kinesis.endpoint,
    region: REGION,
    credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "dummy-secret" },
    requestHandler: new NodeHttpHandler({}),
  });
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((command) => command.destroy()));
});
afterAll(() => client.destroy());

function place(stream: string): string[] {
  return ["--stream", stream, "--region", REGION, "--endpoint", streams.kinesis.endpoint];
}

function start(args: readonly string[], environment: Environment = {}): TailCommand {
  const command = new TailCommand(args, environment);
  running.push(command);
  return command;
}

function tail(stream: string, ...args: string[]): TailCommand {
  return start([...place(stream), ...args]);
}

async function put(stream: string, ...records: (readonly [key: string, data: string | Uint8Array])[]): Promise<void> {
  const entries = records.map(([key, data]) => ({ PartitionKey: key, Data: Buffer.from(data) }));
  await client.send(new PutRecordsCommand({ StreamName: stream, Records: entries }));
}

const json = (line: string): Record<string, unknown> => JSON.parse(line) as Record<string, unknown>;
const contents = (lines: readonly string[]): unknown[] => lines.map((line) => json(line)["data"]).sort();

const aggregate = writeAggregate({
  partition_key_table: ["a", "b"],
  explicit_hash_key_table: ["99"],
  records: [
    { partition_key_index: 0, data: Buffer.from("first") },
    { partition_key_index: 1, explicit_hash_key_index: 0, data: gzipSync("second") },
  ],
});

describe("reading", () => {
  it("prints plain, compressed and aggregated records as text, without colours in a pipe", async () => {
    const stream = await streams.newStream();
    await put(stream, ["k", "plain \u001b[2J"], ["k", gzipSync("gzip\n")], ["k", deflateSync("zlib")], ["outer", aggregate]);
    const { status, lines, stderr } = await tail(stream, "--from", "trim-horizon", "--count", "5").ended();
    const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z shardId-000000000000 /u;
    expect(lines.filter((line) => !time.test(line))).toEqual([]);
    expect(lines.map((line) => line.replace(time, ""))).toEqual([
      "key k: plain \\x1b[2J",
      "key k: gzip",
      "key k: zlib",
      "key a: first",
      "key b hash key 99: second",
    ]);
    expect(status).toBe(0);
    expect(stderr).toMatch(/\n5 records from 1 shard\.\n$/u);
  });

  it("prints JSON with all members of a record", async () => {
    const stream = await streams.newStream();
    const broken = Buffer.from(aggregate);
    broken[broken.length - 1] = (broken.at(-1) ?? 0) ^ 1;
    await put(stream, ["outer", aggregate], ["outer", broken]);
    const { lines } = await tail(stream, "--from", "trim-horizon", "--count", "3", "--json").ended();
    const [first, second, third] = lines.map(json);
    const sequenceNumber = first?.["sequenceNumber"];
    expect(sequenceNumber).toMatch(/^\d+$/u);
    const common = { shard: "shardId-000000000000", sequenceNumber, time: expect.any(String) as string };
    expect(first).toEqual({ ...common, subSequenceNumber: 0, partitionKey: "a", data: "first" });
    expect(second).toEqual({ ...common, subSequenceNumber: 1, partitionKey: "b", explicitHashKey: "99", data: "second" });
    expect(third).toMatchObject({ partitionKey: "outer", dataBase64: broken.toString("base64") });
    expect(third).not.toHaveProperty("subSequenceNumber");
  });

  it("prints an aggregate that decompresses to a thousand times its size in bounded memory", async () => {
    const stream = await streams.newStream();
    const record = { partition_key_index: 0, data: gzipSync(Buffer.alloc(8 << 20)) };
    await put(stream, ["outer", writeAggregate({ partition_key_table: ["a"], records: Array<object>(4).fill(record) })]);
    const args = [...place(stream), "--from", "trim-horizon", "--count", "4"];
    const { status, lines, stderr } = await start(args, { NODE_OPTIONS: "--max-old-space-size=192" }).ended();
    expect(stderr).toMatch(/\n4 records from 1 shard\.\n$/u);
    expect(lines.map((line) => line.replace(/^.* key a: /u, "") === "\\x00".repeat(8 << 20))).toEqual([true, true, true, true]);
    expect(status).toBe(0);
  });

  it("prints records of several shards from now on, until Ctrl-C", async () => {
    const stream = await streams.newStream(3);
    await put(stream, ["k", "old"]);
    const command = tail(stream, "--json");
    await command.reads();
    const records = Array.from({ length: 30 }, (_, n) => [`key-${n}`, `new ${n}`] as const);
    await put(stream, ...records);
    await command.prints(30);
    const { status, lines, stderr } = await command.interrupt();
    expect(contents(lines)).toEqual(records.map(([, data]) => data).sort());
    expect(new Set(lines.map((line) => json(line)["shard"])).size).toBe(3);
    expect(status).toBe(0);
    expect(stderr).toMatch(/\n30 records from 3 shards\.\n$/u);
  });

  it("begins at a time", async () => {
    const stream = await streams.newStream();
    await put(stream, ["k", "early"]);
    const [line = "{}"] = (await tail(stream, "--from", "1h", "--count", "1", "--json").ended()).lines;
    // Just after the first record.
    const from = new Date(Date.parse(String(json(line)["time"])) + 1).toISOString();
    await put(stream, ["k", "late"]);
    const { lines } = await tail(stream, "--from", from, "--count", "1", "--json").ended();
    expect(contents(lines)).toEqual(["late"]);
  });

  it("follows a split and a merge, with all records once and in their order by key", async () => {
    const stream = await streams.newStream();
    const command = tail(stream, "--json");
    await command.reads();
    await put(stream, ["k", "1 whole"], ["l", "1 whole"]);
    await streams.kinesis.splitShard(stream, "shardId-000000000000");
    await put(stream, ["k", "2 split"], ["l", "2 split"]);
    await streams.kinesis.mergeShards(stream, "shardId-000000000001", "shardId-000000000002");
    await put(stream, ["k", "3 merged"], ["l", "3 merged"]);
    await command.prints(6);
    const { lines, stderr } = await command.interrupt();
    for (const key of ["k", "l"]) {
      const ofKey = lines.map(json).filter(({ partitionKey }) => partitionKey === key);
      expect(ofKey.map(({ data }) => data)).toEqual(["1 whole", "2 split", "3 merged"]);
    }
    expect(stderr).toContain("shardId-000000000000 is closed and was read to its end; it goes on in shardId-000000000001,");
    expect(stderr).toMatch(/\n6 records from 4 shards\.\n$/u);
    // The same afterwards, from the closed shards on.
    const again = await tail(stream, "--json", "--from", "trim-horizon", "--count", "6").ended();
    expect(contents(again.lines)).toEqual(contents(lines));
    expect(again.lines.slice(-2).map((line) => json(line)["data"])).toEqual(["3 merged", "3 merged"]);
  });

  it("with --shard prints only that shard's records", async () => {
    const stream = await streams.newStream(2);
    await put(stream, ...Array.from({ length: 20 }, (_, n) => [`key-${n}`, `${n}`] as const));
    const shardId = "shardId-000000000001";
    const received = (await streams.kinesis.readAll(stream)).filter((record) => record.shardId === shardId);
    const args = ["--json", "--from", "trim-horizon", "--shard", shardId, "--count", String(received.length)];
    const { lines } = await tail(stream, ...args).ended();
    expect(lines.map((line) => json(line)["shard"])).toEqual(received.map(() => shardId));
  });

  it("ends silently when the reader of its pipe goes away", async () => {
    const stream = await streams.newStream();
    // More than a pipe can hold.
    await put(stream, ...Array.from({ length: 20 }, (_, n) => ["k", `${n} ${"x".repeat(100_000)}`] as const));
    const args = [process.execPath, "scripts/tail.mjs", ...place(stream), "--from", "trim-horizon"];
    const command = `{ ${args.map((arg) => `'${arg}'`).join(" ")}; echo "status $?" >&2; } | head -n 1`;
    const env = pluginEnvironment({ LD_LIBRARY_PATH: undefined });
    const { stdout, stderr } = spawnSync("/bin/sh", ["-c", command], { cwd: project, env, encoding: "utf8", timeout: 60_000 });
    expect(stdout).toMatch(/ key k: 0 x+\n$/u);
    expect(stderr.split("\n").slice(1)).toEqual(["status 0", ""]);
  });
});

describe("our plugin's records", () => {
  const bodies = Array.from({ length: 50 }, (_, n) => ({ n, log: `line ${n} ümläut 🎉`, key: `key-${n % 5}` }));

  it.each([
    [{}],
    [{ compression: "gzip" }],
    [{ aggregation: "true" }],
    [{ aggregation: "true", compression: "zlib", append_newline: "true" }],
  ])("with %j are read back", async (options) => {
    const stream = await streams.newStream(2);
    const host = await streams.host();
    const instance = await host.open(streams.options(stream, { ...options, partition_key: "key" }));
    expect(await host.flush(instance, chunkOf(bodies))).toBe(1);
    const { lines } = await tail(stream, "--json", "--from", "trim-horizon", "--count", "50").ended();
    const records = lines.map(json);
    const arrived = records.map(({ data }) => JSON.parse(String(data)) as (typeof bodies)[number]);
    expect(records.map(({ partitionKey }) => partitionKey)).toEqual(arrived.map(({ key }) => key));
    expect(arrived.sort((one, other) => one.n - other.n)).toEqual(bodies);
  });
});

describe("the command", () => {
  it("prints colours for a terminal", async () => {
    const stream = await streams.newStream();
    await put(stream, ["k", "text"]);
    const command = start([...place(stream), "--from", "trim-horizon", "--count", "1"], { FORCE_COLOR: "1" });
    expect((await command.ended()).lines[0]).toContain("\u001b[33mk\u001b[0m: text");
  });

  it("runs with npm, and prints its help", () => {
    const { status, stdout } = spawnSync("npm", ["run", "--silent", "tail", "--", "--help"], { cwd: project, encoding: "utf8" });
    expect(status).toBe(0);
    expect(stdout).toContain("npm run tail -- STREAM [options]");
  });

  const noCredentials = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined };
  const closed = "http://127.0.0.1:9";
  it.each<[string, number, string[], Environment, string]>([
    ["no stream", 2, [], {}, "the stream is missing"],
    ["an unknown option", 2, ["--stream", "s", "--colour"], {}, "unknown option --colour"],
    ["no region", 1, ["--stream", "s"], {}, "--region us-west-2"],
    ["no credentials", 1, ["--stream", "s", "--region", REGION, "--endpoint", closed], noCredentials, "set AWS_ACCESS_KEY_ID"],
    ["an unknown profile", 1, ["--stream", "s", "--region", REGION, "--profile", "nobody"], {}, "the profile 'nobody'"],
    ["no server there", 1, ["--stream", "s", "--region", REGION, "--endpoint", closed], {}, `${closed} can't be reached`],
  ])("with %s ends with status %i and what to do", async (_, status, args, environment, message) => {
    const end = await start(args, environment).ended();
    expect(end.stderr).toContain(message);
    expect(end).toMatchObject({ status, lines: [] });
  });

  it("reports a missing stream, and a missing shard", async () => {
    const noStream = await tail("nobodys").ended();
    expect(noStream.stderr).toContain("there is no stream 'nobodys' in us-east-1");
    const noShard = await tail(await streams.newStream(), "--shard", "shardId-000000000007").ended();
    expect(noShard.stderr).toContain("its shards are shardId-000000000000");
    expect([noStream.status, noShard.status]).toEqual([1, 1]);
  });
});
