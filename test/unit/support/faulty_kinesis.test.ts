// Tests the misbehaving Kinesis: what a client gets at each step, and the entries in the ledger.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { cbor } from "@smithy/core/cbor";
import { KinesisClient, ListShardsCommand, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { afterEach, describe, expect, it, vi } from "vitest";
import { makeCertificate } from "../../support/certificate.js";
import { FaultyKinesis, type FaultySettings } from "../../support/faulty_kinesis.js";
import { seededRandom } from "../../support/put_record.js";
import { bodyIn, contentOf, type Form } from "../../support/put_records_form.js";

const running: { destroy(): unknown }[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.destroy()));
});

async function start(plan: string, settings: FaultySettings = {}, ca?: string): Promise<{ kinesis: FaultyKinesis; client: KinesisClient }> {
  const kinesis = await FaultyKinesis.start(plan, settings);
  const client = new KinesisClient({
    endpoint: kinesis.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "dummy", sessionToken: "SESSION-TOKEN" },
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler(ca === undefined ? {} : { httpsAgent: { ca } }),
  });
  running.push(kinesis, client);
  return { kinesis, client };
}

const texts = Array.from({ length: 20 }, (_, n) => `record ${n}`);

function command(data: readonly (string | Uint8Array)[] = texts): PutRecordsCommand {
  const records = data.map((one, index) => ({ Data: Buffer.from(one), PartitionKey: `key ${index}` }));
  return new PutRecordsCommand({ StreamName: "any", Records: records });
}

describe("a step", () => {
  it("ok accepts all records, and the ledger notes that the client knows", async () => {
    const { kinesis, client } = await start("ok");
    expect((await client.send(command())).FailedRecordCount).toBe(0);
    expect(kinesis.ledger.balance(texts).lost).toEqual([]);
    expect(texts.every((text) => kinesis.ledger.isAcknowledged(text))).toBe(true);
  });

  it("fail rejects a share, and reports which records", async () => {
    const { kinesis, client } = await start("fail(0.5:InternalFailure)");
    const { Records: results = [], FailedRecordCount: failed } = await client.send(command());
    expect(failed).toBeGreaterThan(0);
    expect(failed).toBeLessThan(texts.length);
    const refused = texts.filter((_, index) => results[index]?.ErrorCode === "InternalFailure");
    expect(refused).toHaveLength(failed ?? 0);
    expect(kinesis.ledger.balance(texts).lost).toEqual(refused);
  });

  it("throttle-shard accepts all records except those of that shard", async () => {
    const { client } = await start("throttle-shard(2), ok");
    const throttled = (await client.send(command())).Records?.map(({ ErrorCode }) => ErrorCode !== undefined);
    const shards = (await client.send(command())).Records?.map(({ ShardId }) => ShardId === "shardId-000000000002");
    expect(throttled).toEqual(shards);
    expect(new Set(throttled)).toEqual(new Set([true, false]));
  });

  it.each(["lost-response", "reset-mid-response", "truncated-json"])("%s accepts half of the records, and the client learns of none", async (step) => {
    const { kinesis, client } = await start(step);
    await expect(client.send(command())).rejects.toThrow();
    const lost = kinesis.ledger.balance(texts).lost.length;
    expect(lost).toBeGreaterThan(0);
    expect(lost).toBeLessThan(texts.length);
    expect(texts.some((text) => kinesis.ledger.isAcknowledged(text))).toBe(false);
  });

  it.each([["wrong-count(-1)", 19, 19], ["wrong-count(+2)", 22, 20]])("%s responds with %i results and accepts %i records", async (step, answered, taken) => {
    const { kinesis, client } = await start(step);
    expect((await client.send(command())).Records).toHaveLength(answered);
    expect(kinesis.ledger.size).toBe(taken);
    expect(texts.some((text) => kinesis.ledger.isAcknowledged(text))).toBe(false);
  });

  it.each([
    ["reset", { code: "ECONNRESET" }],
    ["reset-early", {}],
    ["no-response(10ms)", { code: "ECONNRESET" }],
    ["html", { name: "SyntaxError" }],
    ["status(503,retry-after=1)", { $metadata: { httpStatusCode: 503 } }],
    ["not-found", { name: "ResourceNotFoundException" }],
    ["error(400:KMSDisabledException)", { name: "KMSDisabledException" }],
    ["too-large(413)", { $metadata: { httpStatusCode: 413 } }],
    ["skew(600s)", { name: "InvalidSignatureException" }],
  ])("%s accepts nothing", async (step, error) => {
    const { kinesis, client } = await start(step);
    await expect(client.send(command())).rejects.toMatchObject(error);
    expect(kinesis.ledger.size).toBe(0);
    expect(kinesis.served).toEqual([step]);
  });

  it("skew accepts requests signed by its own clock, which the SDK learns from the rejection", async () => {
    const { kinesis, client } = await start("skew(600s)");
    await client.send(command()).catch(() => undefined);
    await client.send(command());
    expect(kinesis.ledger.size).toBe(texts.length);
  });

  it("bad-signature echoes the session token", async () => {
    const { client } = await start("bad-signature");
    await expect(client.send(command())).rejects.toThrow("SESSION-TOKEN");
  });

  it("refuse rejects requests with such a record, and notes the one that comes alone", async () => {
    const { kinesis, client } = await start("refuse(poison)");
    await expect(client.send(command([...texts, "poison"]))).rejects.toMatchObject({ name: "ValidationException" });
    expect(kinesis.ledger.balance(["poison"]).refused).toEqual([]);
    await expect(client.send(command(["poison"]))).rejects.toMatchObject({ name: "ValidationException" });
    await client.send(command());
    expect(kinesis.ledger.balance([...texts, "poison"])).toMatchObject({ lost: [], refused: ["poison"] });
  });

  it("too-large with a size accepts smaller requests", async () => {
    const { kinesis, client } = await start("too-large(413:20)");
    await expect(client.send(command(["x".repeat(16)]))).rejects.toMatchObject({ $metadata: { httpStatusCode: 413 } });
    await client.send(command(["x".repeat(15)]));
    expect(kinesis.ledger.size).toBe(1);
  });

  it("slow does not respond when the client has gone, and the ledger notes it", async () => {
    const { kinesis, client } = await start("slow(200ms), ok");
    const leaving = new AbortController();
    const sending = client.send(command(), { abortSignal: leaving.signal });
    sending.catch(() => undefined);
    await vi.waitFor(() => expect(kinesis.served).toHaveLength(1));
    leaving.abort();
    await expect(sending).rejects.toThrow();
    await new Promise((resolve) => setTimeout(resolve, 300));
    await client.send(command());
    expect(kinesis.ledger.balance(texts).doubledUnavoidably).toEqual(texts);
  });
});

describe("in CBOR", () => {
  const body = { StreamName: "any", Records: texts.map((text, n) => ({ Data: Buffer.from(text), PartitionKey: `schlüssel ${n}` })) };

  async function put(endpoint: string, form: Form = "cbor"): Promise<{ status: number; type: string | null; bytes: Uint8Array }> {
    const records = form === "cbor" ? body.Records : body.Records.map((record) => ({ ...record, Data: record.Data.toString("base64") }));
    const headers = { ...contentOf(form), "x-amz-target": "Kinesis_20131202.PutRecords" };
    const response = await fetch(endpoint, { method: "POST", headers, body: bodyIn(form, { ...body, Records: records }) });
    const { status } = response;
    return { status, type: response.headers.get("content-type"), bytes: new Uint8Array(await response.arrayBuffer()) };
  }

  it.each([
    ["ok", { status: 200, answer: { FailedRecordCount: 0 } }, texts.length],
    ["throttle-all", { status: 200, answer: { FailedRecordCount: texts.length } }, 0],
    ["not-found", { status: 400, answer: { __type: "ResourceNotFoundException" } }, 0],
  ])("%s responds in CBOR", async (step, { status, answer }, taken) => {
    const { kinesis } = await start(step);
    const answered = await put(kinesis.endpoint);
    expect(answered).toMatchObject({ status, type: "application/x-amz-cbor-1.1" });
    expect(cbor.deserialize(answered.bytes)).toMatchObject(answer);
    expect(kinesis.ledger.size).toBe(taken);
    expect(kinesis.ledger.balance(texts).unknown).toEqual([]);
  });

  it("truncated-json sends half the CBOR", async () => {
    const { kinesis } = await start("truncated-json, ok");
    const { type, bytes } = await put(kinesis.endpoint);
    expect(type).toBe("application/x-amz-cbor-1.1");
    expect(() => cbor.deserialize(bytes) as unknown).toThrow();
  });

  it("no-cbor rejects CBOR, in JSON, without noting a record, and accepts JSON", async () => {
    const { kinesis } = await start("no-cbor(400:SerializationException)*2, no-cbor(415)*2");
    for (const [status, type] of [[400, "application/x-amz-json-1.1"], [415, "text/plain"]] as const) {
      expect(await put(kinesis.endpoint)).toMatchObject({ status, type });
      expect(kinesis.ledger.balance(texts)).toMatchObject({ refused: [], doubledAvoidably: [] });
      expect(await put(kinesis.endpoint, "json")).toMatchObject({ status: 200 });
    }
    expect(kinesis.ledger.size).toBe(texts.length);
    expect(kinesis.forms).toEqual(["cbor", "json", "cbor", "json"]);
  });
});

it("the faulty Kinesis rejects requests as the service would: too many records, and keys that are too long", async () => {
  const { client } = await start("ok");
  const tooMany = Array.from({ length: 501 }, () => ({ Data: Buffer.from("x"), PartitionKey: "k" }));
  const longKey = [{ Data: Buffer.from("x"), PartitionKey: "k".repeat(257) }];
  for (const records of [tooMany, longKey]) {
    await expect(client.send(new PutRecordsCommand({ StreamName: "any", Records: records }))).rejects.toThrow(/validation error/);
  }
});

it("the faulty Kinesis lists shards under any plan, and decompresses bodies", async () => {
  const { kinesis, client } = await start("ok");
  const { Shards: shards = [] } = await client.send(new ListShardsCommand({ StreamName: "any" }));
  expect(shards.map(({ HashKeyRange: range }) => range?.EndingHashKey).at(-1)).toBe(String(2n ** 128n - 1n));
  await client.send(command([gzipSync("packed")]));
  expect(kinesis.ledger.balance(["packed"]).lost).toEqual([]);
  expect(kinesis.served).toEqual(["ok"]);
});

it("the faulty Kinesis can use TLS", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "faulty-"));
  const { certificateFile, serverFile } = await makeCertificate(folder);
  const { server } = JSON.parse(readFileSync(serverFile, "utf8")) as { server: { key: string; cert: string } };
  const { kinesis, client } = await start("reset, ok", { tls: server }, readFileSync(certificateFile, "utf8"));
  rmSync(folder, { recursive: true });
  await expect(client.send(command())).rejects.toThrow();
  await client.send(command());
  expect(kinesis.ledger.balance(texts).lost).toEqual([]);
});

it("the faulty Kinesis behaves the same for the same seed", () => {
  const draw = (seed: number): number[] => Array.from({ length: 5 }, seededRandom(seed));
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
});

it("the faulty Kinesis names the invalid step when it is started with an invalid plan", async () => {
  await expect(FaultyKinesis.start("ok, nonsense")).rejects.toThrow("step 2 of the plan (nonsense)");
});
