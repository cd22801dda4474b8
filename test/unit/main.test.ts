// Tests the whole core behind a fake shim: outputs start, flush to a local service, fail independently and end.
import * as crypto from "node:crypto";
import * as fs from "node:fs";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { flushReplies, initFailed, requestKinds, type HostInstance, type LateBuiltIns, type LoadBuiltIn, type RequestHandler } from "../../src/host/binding.js";
import { start } from "../../src/main.js";
import { hostLevels } from "../../src/telemetry/log.js";
import { chunkOf } from "../support/event_chunk.js";
import { FakeBinding } from "../support/fake_binding.js";
import { InstantKinesis } from "../support/instant_kinesis.js";

// The standard streams and the console belong to the test runner.
vi.mock("../../src/host/standard_streams.js", () => ({ replaceStandardStreams: () => undefined, routeConsole: () => undefined }));

const events = ["uncaughtException", "warning"] as const;

/** A shim whose Fluent Bit has a log. */
class ServedBinding extends FakeBinding {
  override readonly hasHostLog: boolean;
  /** The lines of Fluent Bit's log. */
  readonly lines: { readonly level: number; readonly text: string }[] = [];
  /** Options by the requests of their inits. */
  readonly options = new Map<number, Readonly<Record<string, string>>>();
  readonly hosts = new Map<number, HostInstance>();
  #handler: RequestHandler | undefined;
  #requests = 0;
  #inits = 0;
  #waiting = new Map<number, (value: number) => void>();

  constructor(hasHostLog: boolean) {
    super();
    this.hasHostLog = hasHostLog;
  }

  override serve(handler?: RequestHandler): void {
    this.#handler = handler;
  }
  override option(requestId: number, key: string): string {
    return this.options.get(requestId)?.[key] ?? "";
  }
  override setOptions(requestId?: number, names: readonly string[] = []): string[] {
    return names.filter((name) => name in (this.options.get(requestId ?? 0) ?? {}));
  }
  override outputInstance(requestId?: number): HostInstance | undefined {
    return this.hosts.get(requestId ?? 0);
  }
  override log(level?: number, text?: string): boolean {
    this.lines.push({ level: level ?? 0, text: text ?? "" });
    return true;
  }
  override writeMessage(text?: string): void {
    written.push(text ?? "");
  }
  override reply(requestId: number, value: number): void {
    this.#waiting.get(requestId)?.(value);
  }

  async init(options: Readonly<Record<string, string>>, host?: HostInstance): Promise<number> {
    this.options.set(this.#requests + 1, options);
    if (host !== undefined) this.hosts.set(this.#requests + 1, host);
    return this.#request(requestKinds.init, this.#inits++);
  }
  async flush(instance: number, chunk: Uint8Array): Promise<number> {
    this.chunks.set(this.#requests + 1, new Uint8Array(chunk).buffer);
    return this.#request(requestKinds.flush, instance, chunk.length, "tag");
  }
  async exit(instance: number): Promise<number> {
    return this.#request(requestKinds.exit, instance);
  }
  async stop(): Promise<number> {
    return this.#request(requestKinds.stop, 0);
  }

  #request(kind: number, instance: number, bytes = 0, tag = ""): Promise<number> {
    const id = ++this.#requests;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#handler?.(id, kind, instance, bytes, tag, false);
    });
  }
}

let kinesis: InstantKinesis;
let listeners: Map<string, unknown[]>;
/** What was written to standard error. */
let written: string[];

const builtIns: LateBuiltIns = { "node:crypto": crypto, "node:fs": fs };
const load: LoadBuiltIn = (name) => builtIns[name];

beforeEach(async () => {
  written = [];
  listeners = new Map(events.map((event) => [event, process.rawListeners(event)]));
  for (const name of ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"]) vi.stubEnv(name, "/dev/null");
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "dummy-secret");
  vi.stubEnv("FLB_LOG_LEVEL", undefined);
  vi.stubEnv("AWS_CA_BUNDLE", undefined);
  kinesis = await InstantKinesis.start();
});
afterEach(async () => {
  await kinesis.destroy();
  vi.unstubAllEnvs();
  for (const event of events) {
    for (const listener of process.rawListeners(event)) {
      if (listeners.get(event)?.includes(listener) !== true) process.removeListener(event, listener as () => void);
    }
  }
});

function served(hasHostLog = true): ServedBinding {
  const binding = new ServedBinding(hasHostLog);
  start(binding, load);
  return binding;
}

const optionsOf = (more: Readonly<Record<string, string>> = {}) => ({ region: "us-west-2", stream: "logs", endpoint: kinesis.endpoint, ...more });
const chunk = (text: string) => chunkOf([{ log: text }]);
const received = () => kinesis.received.map((data) => (JSON.parse(Buffer.from(data).toString()) as { log: string }).log);

it("two outputs deliver, and one continues after the other has ended", async () => {
  const binding = served();
  expect([await binding.init(optionsOf()), await binding.init(optionsOf())]).toEqual([flushReplies.ok, flushReplies.ok]);
  expect(await Promise.all([binding.flush(0, chunk("first")), binding.flush(1, chunk("second"))])).toEqual([flushReplies.ok, flushReplies.ok]);
  expect(await binding.exit(0)).toBe(flushReplies.ok);
  expect(await binding.flush(0, chunk("lost"))).toBe(flushReplies.retry);
  expect(await binding.flush(1, chunk("third"))).toBe(flushReplies.ok);
  expect(received().sort()).toEqual(["first", "second", "third"]);
  await binding.stop();
  expect(binding.closed).toBe(1);
});

it("each output logs to Fluent Bit's log at its own level, under its own name", async () => {
  const binding = served();
  await binding.init(optionsOf(), { name: "quiet", logLevel: hostLevels.error });
  await binding.init(optionsOf(), { name: "talkative", logLevel: hostLevels.debug });
  await Promise.all([binding.flush(0, chunk("a")), binding.flush(1, chunk("b"))]);
  const named = (name: string) => binding.lines.filter(({ text }) => text.startsWith(`[output:kinesis:${name}] `));
  expect(named("quiet")).toEqual([]);
  expect(named("talkative").some(({ level, text }) => level === hostLevels.info && text.includes("stream logs, region us-west-2"))).toBe(true);
  expect(named("talkative").some(({ level, text }) => level === hostLevels.debug && text.includes("Sent 1 records"))).toBe(true);
  await binding.stop();
});

it("an output with an invalid option fails without affecting others", async () => {
  const binding = served();
  expect(await binding.init(optionsOf())).toBe(flushReplies.ok);
  expect(await binding.init(optionsOf({ compression: "rar" }))).toBe(initFailed);
  expect(binding.lines.some(({ level, text }) => level === hostLevels.error && text.includes("Invalid 'compression' value (rar)"))).toBe(true);
  expect(await binding.init(optionsOf())).toBe(flushReplies.ok);
  expect(await binding.flush(0, chunk("goes on"))).toBe(flushReplies.ok);
  await binding.stop();
});

it("an option that looks misspelled causes a warning, and the output starts", async () => {
  const binding = served();
  expect(await binding.init(optionsOf({ "partition-key": "log" }))).toBe(flushReplies.ok);
  expect(binding.lines.some(({ level, text }) => level === hostLevels.warning && text.includes("partition-key"))).toBe(true);
  await binding.stop();
});

it("disabled verification of certificates causes a warning", async () => {
  vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
  const binding = served();
  await binding.init(optionsOf());
  expect(binding.lines.some(({ level, text }) => level === hostLevels.warning && text.includes("NODE_TLS_REJECT_UNAUTHORIZED"))).toBe(true);
  await binding.stop();
});

it("with FLB_LOG_LEVEL, messages go to standard error, and an unknown level causes a warning", async () => {
  vi.stubEnv("FLB_LOG_LEVEL", "loud");
  const binding = served();
  await binding.init(optionsOf(), { name: "any", logLevel: hostLevels.debug });
  expect(binding.lines).toEqual([]);
  expect(written[0]).toContain("Unknown FLB_LOG_LEVEL 'loud'");
  expect(written.some((text) => text.includes("level=info") && text.includes("[kinesis 0] stream logs"))).toBe(true);
  await binding.stop();
});

it("aggregated records end with the MD5 of their content", async () => {
  const binding = served();
  await binding.init(optionsOf({ aggregation: "true" }));
  expect(await binding.flush(0, chunk("in an aggregate"))).toBe(flushReplies.ok);
  const [data = new Uint8Array()] = kinesis.received;
  const body = data.subarray(4, -16);
  expect(Buffer.from(data.subarray(-16))).toEqual(crypto.createHash("md5").update(body).digest());
  await binding.stop();
});
