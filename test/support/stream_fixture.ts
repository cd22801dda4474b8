// The fixture of every end-to-end test file: the run's Kinesis, own streams in it, and hosts that end with their test.
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, inject } from "vitest";
import type { Environment } from "./environment.js";
import { FluentBit, type FluentBitSettings, type Pipeline } from "./fluent_bit.js";
import { FrontService } from "./front_service.js";
import type { HostProgram } from "./host_program.js";
import { HeldKinesis } from "./held_kinesis.js";
import { InstantKinesis } from "./instant_kinesis.js";
import { KinesisLocal, REGION, type ReceivedRecord } from "./kinesis_local.js";
import { type Options, PluginHost } from "./plugin_host.js";

export type JsonObject = Readonly<Record<string, unknown>>;

export class StreamFixture {
  readonly kinesis = new KinesisLocal(inject("kinesis"));
  readonly #streams: string[] = [];
  readonly #running: { destroy(): Promise<void> }[] = [];

  /** @param program makes its host programs, if not this machine's */
  constructor(readonly program?: () => Promise<HostProgram>) {}

  async newStream(shards = 1): Promise<string> {
    const name = `stream-${randomUUID()}`;
    this.#streams.push(name);
    await this.kinesis.createStream(name, shards);
    return name;
  }

  /** Returns the plugin's options for a stream of this Kinesis, or for a stream of any name that the test does not read here. */
  options(stream: string, others: Options = {}): Options {
    // One Kinesis serves all files: requests of megabytes to other streams may occupy it for longer than the default of 10 s.
    const patience = this.#streams.includes(stream) ? { http_request_timeout: "60" } : {};
    return { stream, region: REGION, endpoint: this.kinesis.endpoint, ...patience, ...others };
  }

  async host(environment: Environment = {}, plugin?: string): Promise<PluginHost> {
    const host = await PluginHost.withPlugin(environment, plugin, await this.program?.());
    this.#running.push(host);
    return host;
  }

  /** Starts a Kinesis without delay, for many records. */
  async instantKinesis(): Promise<InstantKinesis> {
    const kinesis = await InstantKinesis.start();
    this.#running.push(kinesis);
    return kinesis;
  }

  /** Starts a Kinesis that accepts, holds or throttles as the test sets. */
  async heldKinesis(): Promise<HeldKinesis> {
    const kinesis = await HeldKinesis.start();
    this.#running.push(kinesis);
    return kinesis;
  }

  /** Starts a proxy in front of this Kinesis, for tests that reject actions or examine requests. */
  async front(): Promise<FrontService> {
    return this.frontOf(this.kinesis.endpoint);
  }

  /** Starts a proxy in front of another Kinesis. */
  async frontOf(endpoint: string): Promise<FrontService> {
    const front = await FrontService.start(endpoint);
    this.#running.push(front);
    return front;
  }

  fluentBit(pipeline: Pipeline, settings: FluentBitSettings = {}): FluentBit {
    const fluentBit = FluentBit.fromArguments(pipeline, settings);
    this.#running.push(fluentBit);
    return fluentBit;
  }

  fluentBitWithFile(pipeline: Pipeline, settings: FluentBitSettings = {}): FluentBit {
    const fluentBit = FluentBit.fromConfiguration(pipeline, settings);
    this.#running.push(fluentBit);
    return fluentBit;
  }

  /** Flushes once through a new host; returns the records of the (new) stream. */
  async sendOnce(chunk: Uint8Array, options: Options = {}, shards = 1): Promise<ReceivedRecord[]> {
    const stream = await this.newStream(shards);
    const host = await this.host();
    const code = await host.flush(await host.open(this.options(stream, options)), chunk);
    const { status, stderr } = await host.end();
    if (code !== 1 || status !== 0) throw new Error(`flush got reply ${code}, the host ended with status ${status}:\n${stderr}`);
    return this.kinesis.readAll(stream);
  }

  /** Reads the stream until it has this many records or more; fails when they do not arrive. */
  async untilArrived(stream: string, count: number): Promise<ReceivedRecord[]> {
    const deadline = Date.now() + 60_000;
    for (;;) {
      const received = await this.kinesis.readAll(stream);
      if (received.length >= count) return received;
      if (Date.now() > deadline) throw new Error(`only ${received.length} of ${count} records arrived in ${stream}`);
      await sleep(100);
    }
  }

  async endRunning(): Promise<void> {
    await Promise.all(this.#running.splice(0).map((running) => running.destroy()));
  }

  /** Deletes its streams, whose records the server keeps in memory. */
  async stop(): Promise<void> {
    await Promise.allSettled(this.#streams.splice(0).map((stream) => this.kinesis.deleteStream(stream)));
    await this.kinesis.stop();
  }
}

/** Call at the top of a test file, or of a describe; `program` makes hosts other than this machine's. */
export function useStreams(program?: () => Promise<HostProgram>): StreamFixture {
  const fixture = new StreamFixture(program);
  afterEach(async () => fixture.endRunning());
  afterAll(async () => fixture.stop());
  return fixture;
}

export function textOf(record: { readonly data: Uint8Array }): string {
  return Buffer.from(record.data).toString("utf8");
}

export function jsonOf(record: { readonly data: Uint8Array }): JsonObject {
  return JSON.parse(textOf(record)) as JsonObject;
}
