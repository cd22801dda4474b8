// A Kinesis that misbehaves by a plan (fault_plan.ts), and notes in a ledger what it accepted and what the client knows.
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { taking, type Arrival, type Failing, type Fault, type Step, type Taking } from "./fault_plan.js";
import { PlanWalk } from "./plan_walk.js";
import { isBeyondLimits, seededRandom, shardOf, textsOf, type PutRecord } from "./put_record.js";
import { bodyIn, contentOf, formOf, recordsIn, type Form } from "./put_records_form.js";
import { RecordLedger } from "./record_ledger.js";
import { answerShards, captivePortal, messageOf } from "./service_responses.js";

/** The ledger of accepted records; a test of millions of records has a separate kind. */
export interface Ledger {
  take(texts: readonly string[]): () => void;
  refuseAlone(texts: readonly string[]): void;
}

export interface FaultySettings {
  /** Key and certificate; plain HTTP without. */
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly seed?: number;
  readonly shards?: number;
  /** Returns the user records in a record; by default deaggregates and decompresses. */
  readonly textsOf?: (record: PutRecord) => string[];
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Form of the request and of its response. */
  readonly form: Form;
  readonly records: readonly PutRecord[];
  readonly bytes: number;
}

interface Refusal {
  readonly status: number;
  /** Empty for a response that is not the service's but a proxy's. */
  readonly code: string;
  readonly message?: string;
  /** Whether the request is rejected for its form, regardless of its content; the response is JSON, the endpoint's only form. */
  readonly isForForm?: boolean;
}

/** Rejections for a request's content: an entry that gets one alone will never be accepted. */
const contentCodes = new Set(["ValidationException", "InvalidArgumentException", ""]);
/** Validity of AWS's signatures. Source: AWS General Reference, Signature Version 4. */
const signatureLifeMs = 300_000;

export class FaultyKinesis<Kept extends Ledger = RecordLedger> {
  /** Texts of the used steps, in the order of the requests. */
  readonly served: string[] = [];
  /** Forms of the requests, in order. */
  readonly forms: Form[] = [];
  readonly ledger: Kept;
  #walk: PlanWalk;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #settings: FaultySettings;
  readonly #random: () => number;
  #sequence = 0;

  private constructor(plan: string, ledger: Kept, settings: FaultySettings) {
    this.#walk = new PlanWalk(plan, Date.now);
    this.ledger = ledger;
    this.#settings = settings;
    this.#random = seededRandom(settings.seed ?? 1);
    const listener: RequestListener = (request, response) => void this.#serve(request, response);
    this.#server = settings.tls === undefined ? createServer(listener) : createTlsServer(settings.tls, listener);
    this.#server.keepAliveTimeout = 0;
    this.#server.on(settings.tls === undefined ? "connection" : "secureConnection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => undefined);
      socket.once("close", () => this.#sockets.delete(socket));
    });
  }

  /** @throws Error that names the invalid step of the plan */
  static start(plan: string, settings?: FaultySettings): Promise<FaultyKinesis>;
  static start<Kept extends Ledger>(plan: string, settings: FaultySettings, ledger: Kept): Promise<FaultyKinesis<Kept>>;
  static async start(plan: string, settings: FaultySettings = {}, ledger: Ledger = new RecordLedger()): Promise<FaultyKinesis<Ledger>> {
    const kinesis = new FaultyKinesis(plan, ledger, settings);
    await new Promise<void>((resolve) => kinesis.#server.listen(0, "127.0.0.1", resolve));
    return kinesis;
  }

  get endpoint(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `${this.#settings.tls === undefined ? "http" : "https"}://127.0.0.1:${port}`;
  }

  /** Continues with another plan. */
  follow(plan: string): void {
    this.#walk = new PlanWalk(plan, Date.now);
  }

  /** Tells the plan that a flush has got its reply, which ends steps marked "*flush". */
  flushEnded(): void {
    this.#walk.flushEnded();
  }

  async destroy(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on("error", () => undefined);
    // The connection was closed before the request arrived: it is not accepted, and the client will notice.
    if (request.socket.writableEnded) {
      this.#reset(request.socket);
      return;
    }
    const isListing = String(request.headers["x-amz-target"]).endsWith(".ListShards");
    const step = isListing ? undefined : this.#next();
    if (step?.fault.kind === "reset" && step.fault.early) {
      this.#reset(request.socket);
      return;
    }
    const parts: Buffer[] = [];
    try {
      for await (const part of request) parts.push(part as Buffer);
    } catch {
      return; // The client hung up.
    }
    if (step === undefined) {
      reply(response, 200, contentOf("json"), answerShards(this.#settings.shards ?? 4));
      return;
    }
    const form = formOf(request.headers);
    this.forms.push(form);
    const records = recordsIn(form, Buffer.concat(parts));
    const bytes = records.reduce((sum, { data, partitionKey }) => sum + data.length + Buffer.byteLength(partitionKey), 0);
    await this.#answer({ request, response, form, records, bytes }, step.fault);
  }

  #next(): Step {
    const step = this.#walk.next();
    this.served.push(step.text);
    return step;
  }

  async #answer(exchange: Exchange, fault: Fault): Promise<void> {
    const { request, response, records, bytes } = exchange;
    const refusal = this.#refusalOf(exchange, fault);
    if (isBeyondLimits(records, bytes)) this.#refuse(exchange, { status: 400, code: "ValidationException" });
    else if (refusal !== undefined) this.#refuse(exchange, refusal);
    else if (fault.kind === "status") reply(response, fault.status, fault.headers);
    else if (fault.kind === "page") reply(response, 200, { "content-type": "text/html" }, captivePortal);
    else if (fault.kind === "reset") this.#reset(request.socket);
    else if (fault.kind === "silence") {
      await sleep(fault.ms, undefined, { ref: false });
      this.#reset(request.socket);
    } else await this.#take(exchange, fault.kind === "take" ? fault : taking);
  }

  /** Returns the error with which a fault rejects this request; undefined if it does not. */
  #refusalOf({ request, response, form, records, bytes }: Exchange, fault: Fault): Refusal | undefined {
    switch (fault.kind) {
      case "error":
        return fault;
      case "refuse": {
        const isRefused = records.some((record) => this.#textsOf(record).some((text) => text.includes(fault.text)));
        return isRefused ? { status: 400, code: "ValidationException" } : undefined;
      }
      case "too large":
        return bytes > fault.overBytes ? { status: fault.status, code: "" } : undefined;
      case "no cbor":
        return form === "cbor" ? { ...fault, isForForm: true } : undefined;
      case "skew": {
        const now = Date.now() + fault.ms;
        response.setHeader("date", new Date(now).toUTCString());
        const isSkewed = Math.abs(signedAt(request) - now) > signatureLifeMs;
        const message = `Signature not yet current or expired at ${new Date(now).toISOString()}`;
        return isSkewed ? { status: 400, code: "InvalidSignatureException", message } : undefined;
      }
      default:
        return undefined;
    }
  }

  #refuse({ request, response, form, records }: Exchange, { status, code, message, isForForm = false }: Refusal): void {
    const [only] = records;
    const isForContent = contentCodes.has(code) && !isForForm;
    if (isForContent && records.length === 1 && only !== undefined) this.ledger.refuseAlone(this.#textsOf(only));
    if (code === "") reply(response, status, { "content-type": "text/plain" }, "Request Entity Too Large");
    else {
      const error = { __type: code, message: message ?? messageOf(code, request.headers) };
      const answered = isForForm ? "json" : form;
      reply(response, status, contentOf(answered), bodyIn(answered, error));
    }
  }

  async #take({ request, response, form, records }: Exchange, fault: Taking): Promise<void> {
    const { failing, arrival, surplus, delayMs, closes } = fault;
    const results = records.map((record) => this.#result(record, failing));
    // With fewer results than records, the last records are not accepted: the client may not assume that they were.
    const answerable = records.length + Math.min(surplus, 0);
    const taken = records.filter((_, index) => index < answerable && "SequenceNumber" in (results[index] as object));
    const acknowledge = this.ledger.take(taken.flatMap((record) => this.#textsOf(record)));
    if (delayMs > 0) await sleep(delayMs, undefined, { ref: false });
    const more = Array.from({ length: Math.max(surplus, 0) }, () => this.#accepted(0));
    const answered = [...results.slice(0, answerable), ...more];
    const failed = answered.filter((result) => "ErrorCode" in result).length;
    const body = bodyIn(form, { FailedRecordCount: failed, Records: answered });
    if (arrival !== "whole") {
      this.#spoil(request.socket, response, form, body, arrival);
      return;
    }
    response.on("finish", () => {
      if (surplus === 0) acknowledge();
      if (closes) request.socket.end();
    });
    reply(response, 200, contentOf(form), body);
  }

  #spoil(socket: Socket, response: ServerResponse, form: Form, body: Uint8Array, arrival: Arrival): void {
    const half = body.subarray(0, body.length >>> 1);
    if (arrival === "not at all") this.#reset(socket);
    else if (arrival === "cut short") reply(response, 200, contentOf(form), half);
    else {
      response.writeHead(200, { ...contentOf(form), "content-length": String(body.length) });
      response.write(half, () => socket.destroy());
    }
  }

  #result({ partitionKey }: PutRecord, failing: Failing): object {
    const shard = shardOf(partitionKey, this.#settings.shards ?? 4);
    if (failing.kind === "share" && this.#random() < failing.share) {
      return { ErrorCode: failing.code, ErrorMessage: messageOf(failing.code, {}) };
    }
    if (failing.kind === "shard" && shard === failing.shard) {
      const code = "ProvisionedThroughputExceededException";
      return { ErrorCode: code, ErrorMessage: messageOf(code, {}) };
    }
    return this.#accepted(shard);
  }

  #accepted(shard: number): object {
    return { SequenceNumber: String(++this.#sequence), ShardId: `shardId-${String(shard).padStart(12, "0")}` };
  }

  #textsOf(record: PutRecord): string[] {
    return (this.#settings.textsOf ?? textsOf)(record);
  }

  #reset(socket: Socket): void {
    if (this.#settings.tls === undefined) socket.resetAndDestroy();
    else socket.destroy();
  }
}

function reply(response: ServerResponse, status: number, headers: Readonly<Record<string, string>>, body: string | Uint8Array = ""): void {
  response.writeHead(status, headers).end(body);
}

/** Returns the time of X-Amz-Date, such as 20260101T235959Z, in milliseconds since the epoch. */
function signedAt(request: IncomingMessage): number {
  const compact = String(request.headers["x-amz-date"]);
  return Date.parse(compact.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/u, "$1-$2-$3T$4:$5:$6Z"));
}
