// A Kinesis on this machine: starts kinesis-local on free ports, or uses a running one; makes streams, reads back records.
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import {
  CreateStreamCommand,
  DeleteStreamCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
  ListStreamsCommand,
  MergeShardsCommand,
  SplitShardCommand,
} from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { Child } from "./child.js";
import { makeCertificate } from "./certificate.js";
import { pluginEnvironment } from "./environment.js";

export const REGION = "us-east-1";

export interface ReceivedRecord {
  readonly shardId: string;
  readonly partitionKey: string;
  readonly sequenceNumber: string;
  readonly data: Uint8Array;
}

export interface ShardRange {
  readonly first: bigint;
  readonly last: bigint;
}

export interface KinesisLocalSettings {
  /** HTTP port; a free one if absent. */
  readonly port?: number;
}

const packageFolder = path.dirname(createRequire(import.meta.url).resolve("kinesis-local/package.json"));
// From the working folder: bundled into a command, this file is elsewhere.
const wholeReads = pathToFileURL(path.resolve("test/support/whole_reads.mjs")).href;

/** Returns a port on which nothing listens. */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Addresses of a Kinesis on this machine. */
export interface KinesisPlace {
  readonly endpoint: string;
  /** The same streams over TLS, with the self-signed certificate in `certificateFile`. */
  readonly tlsEndpoint: string;
  readonly certificateFile: string;
}

/** A server that this process has started. */
interface OwnServer {
  readonly process: Child;
  /** Folder of its certificate. */
  readonly folder: string;
}

export class KinesisLocal implements KinesisPlace {
  readonly endpoint: string;
  readonly tlsEndpoint: string;
  readonly certificateFile: string;
  readonly #own: OwnServer | undefined;
  readonly #client: KinesisClient;

  /** @param own undefined for a server that another process has started */
  constructor({ endpoint, tlsEndpoint, certificateFile }: KinesisPlace, own?: OwnServer) {
    this.endpoint = endpoint;
    this.tlsEndpoint = tlsEndpoint;
    this.certificateFile = certificateFile;
    this.#own = own;
    this.#client = new KinesisClient({
      endpoint,
      region: REGION,
      credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "dummy-secret" },
      requestHandler: new NodeHttpHandler({}),
    });
  }

  static async start(settings: KinesisLocalSettings = {}): Promise<KinesisLocal> {
    const folder = mkdtempSync(path.join(tmpdir(), "kinesis-local-"));
    const { certificateFile, serverFile } = await makeCertificate(folder);
    const port = settings.port ?? (await freePort());
    const tlsPort = await freePort();
    const server = new Child(process.execPath, ["--import", wholeReads, path.join(packageFolder, "main.js")], {
      cwd: packageFolder,
      env: pluginEnvironment({
        LD_LIBRARY_PATH: undefined,
        KINESIS_MOCK_PLAIN_PORT: String(port),
        KINESIS_MOCK_TLS_PORT: String(tlsPort),
        KINESIS_MOCK_CERT_PATH: serverFile,
        AWS_REGION: REGION,
        LOG_LEVEL: "ERROR",
        SHARD_LIMIT: "100000",
        CREATE_STREAM_DURATION: "1ms",
        DELETE_STREAM_DURATION: "1ms",
      }),
    });
    const place = { endpoint: `http://127.0.0.1:${port}`, tlsEndpoint: `https://localhost:${tlsPort}`, certificateFile };
    const kinesis = new KinesisLocal(place, { process: server, folder });
    await kinesis.#untilReady(server);
    return kinesis;
  }

  async createStream(name: string, shards = 1): Promise<void> {
    await this.#client.send(new CreateStreamCommand({ StreamName: name, ShardCount: shards }));
    await this.#untilActive(name);
  }

  async deleteStream(name: string): Promise<void> {
    await this.#client.send(new DeleteStreamCommand({ StreamName: name }));
  }

  /** Splits a shard in the middle of its range. */
  async splitShard(stream: string, shardId: string): Promise<void> {
    const range = (await this.shardRanges(stream)).get(shardId);
    if (range === undefined) throw new Error(`no shard ${shardId}`);
    const middle = (range.first + range.last) / 2n;
    const split = { StreamName: stream, ShardToSplit: shardId, NewStartingHashKey: middle.toString() };
    await this.#client.send(new SplitShardCommand(split));
    await this.#untilActive(stream);
  }

  /** Merges two shards whose ranges touch. */
  async mergeShards(stream: string, shardId: string, adjacentShardId: string): Promise<void> {
    const merge = { StreamName: stream, ShardToMerge: shardId, AdjacentShardToMerge: adjacentShardId };
    await this.#client.send(new MergeShardsCommand(merge));
    await this.#untilActive(stream);
  }

  async #untilActive(stream: string): Promise<void> {
    for (;;) {
      const { StreamDescriptionSummary: found } = await this.#client.send(
        new DescribeStreamSummaryCommand({ StreamName: stream }),
      );
      if (found?.StreamStatus === "ACTIVE") return;
      await sleep(20);
    }
  }

  /** Returns every record in the stream, shard by shard and in the order of each shard. */
  async readAll(stream: string): Promise<ReceivedRecord[]> {
    const records: ReceivedRecord[] = [];
    const { Shards: shards = [] } = await this.#client.send(new ListShardsCommand({ StreamName: stream }));
    for (const shard of shards) {
      const shardId = shard.ShardId ?? "";
      const { ShardIterator: first } = await this.#client.send(
        new GetShardIteratorCommand({ StreamName: stream, ShardId: shardId, ShardIteratorType: "TRIM_HORIZON" }),
      );
      let iterator = first;
      while (iterator !== undefined) {
        const page = await this.#client.send(new GetRecordsCommand({ ShardIterator: iterator, Limit: 10_000 }));
        for (const record of page.Records ?? []) {
          records.push({
            shardId,
            partitionKey: record.PartitionKey ?? "",
            sequenceNumber: record.SequenceNumber ?? "",
            data: record.Data ?? new Uint8Array(),
          });
        }
        if ((page.Records ?? []).length === 0 && (page.MillisBehindLatest ?? 0) === 0) break;
        iterator = page.NextShardIterator;
      }
    }
    return records;
  }

  /** Returns the range of hash keys of each shard. */
  async shardRanges(stream: string): Promise<Map<string, ShardRange>> {
    const { Shards: shards = [] } = await this.#client.send(new ListShardsCommand({ StreamName: stream }));
    return new Map(
      shards.map(({ ShardId: id = "", HashKeyRange: range }) => [
        id,
        { first: BigInt(range?.StartingHashKey ?? 0), last: BigInt(range?.EndingHashKey ?? 0) },
      ]),
    );
  }

  /** Ends the server too, if this process has started it. */
  async stop(): Promise<void> {
    this.#client.destroy();
    if (this.#own === undefined) return;
    await this.#own.process.destroy();
    rmSync(this.#own.folder, { recursive: true, force: true });
  }

  async #untilReady(server: Child): Promise<void> {
    const deadline = Date.now() + 60_000;
    for (;;) {
      try {
        await this.#client.send(new ListStreamsCommand({}));
        return;
      } catch (error) {
        if (server.hasEnded || Date.now() > deadline) {
          throw new Error(`kinesis-local does not respond:\n${server.output}`, { cause: error });
        }
        await sleep(50);
      }
    }
  }
}
