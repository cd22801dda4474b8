// Runs the plugin through one fault: flushes chunks, retries those with the reply retry, and balances the ledger.
import { retryTimeoutSeconds, type FaultCase, type Mode } from "./fault_cases.js";
import { chunkOf } from "./event_chunk.js";
import { FaultyKinesis } from "./faulty_kinesis.js";
import { FLB_OK, FLB_RETRY, type PluginHost } from "./plugin_host.js";
import type { Form } from "./put_records_form.js";
import type { Balance } from "./record_ledger.js";

export const secrets = { token: "SESSION-TOKEN-OF-THE-TEST", content: "CONFIDENTIAL", quoted: "QUOTED-VALUE" } as const;

export interface FaultOutcome {
  readonly mode: string;
  readonly plan: string;
  /** Replies to the flushes in order: the chunk's letter and its reply, as in "A retry". */
  readonly replies: readonly string[];
  readonly balance: Balance;
  /** Replies that disagree with the ledger: ok with open records, or retry without any. */
  readonly wrongReplies: readonly string[];
  readonly requests: number;
  /** Forms of the requests, each once. */
  readonly forms: readonly Form[];
}

interface Chunk {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly texts: readonly string[];
}

const maxTries = 6;
/** One record in this many is rejected by "refuse(poison)", and this many at the head of the second chunk by "refuse(heading)". */
const poisonEvery = 97;
const headings = 12;

/** The first chunk needs several requests; others come between its retries, as in Fluent Bit. */
const sizes: Readonly<Record<string, number>> = { A: 700, B: 60, C: 60, D: 60 };

function makeChunks(): Chunk[] {
  return Object.entries(sizes).map(([name, size]) => {
    const bodies = Array.from({ length: size }, (_, n) => {
      const scattered = n % poisonEvery === poisonEvery - 1 ? "poison " : "";
      const mark = name === "B" && n < headings ? "heading " : scattered;
      return { id: `${name}${n}`, key: `pod-${n % 20}`, log: `${mark}${secrets.content} ${"x".repeat(100)}` };
    });
    return { name, bytes: chunkOf(bodies), texts: bodies.map((body) => JSON.stringify(body)) };
  });
}

/** Runs a case with a new output in a host that may have had others. */
export async function runFault(host: PluginHost, mode: Mode, fault: FaultCase): Promise<FaultOutcome> {
  const { plan, options = {} } = fault;
  const kinesis = await FaultyKinesis.start(plan, { seed: 7 });
  try {
    const common = { stream: "any", region: "us-east-1", endpoint: kinesis.endpoint, retry_timeout: String(retryTimeoutSeconds(fault)) };
    const instance = await host.open({ ...common, ...mode.options, ...options });
    const chunks = makeChunks();
    const replies: string[] = [];
    const wrongReplies: string[] = [];
    const tries = new Map<string, number>();
    const queue = [...chunks];
    while (queue.length > 0) {
      const turn = queue.splice(0, mode.workers);
      const codes = await flush(host, instance, turn);
      kinesis.flushEnded();
      turn.forEach((chunk, index) => {
        const code = codes[index] ?? -1;
        const reply = `${chunk.name} ${describe(code)}`;
        const tried = (tries.get(chunk.name) ?? 0) + 1;
        tries.set(chunk.name, tried);
        replies.push(reply);
        if (!isRight(code, chunk, kinesis)) wrongReplies.push(reply);
        if (code === FLB_RETRY && tried < maxTries) queue.push(chunk);
      });
    }
    await host.exit(instance);
    const balance = kinesis.ledger.balance(chunks.flatMap(({ texts }) => texts));
    return { mode: mode.name, plan, replies, balance, wrongReplies, requests: kinesis.served.length, forms: [...new Set(kinesis.forms)] };
  } finally {
    await kinesis.destroy();
  }
}

/** Returns the plugin's messages during each case: the messages of an output begin with its start line. */
export function messagesByCase(stderr: string): string[][] {
  const sections = stderr.split(/^.* msg="\[kinesis \d+\] stream \S+, region .*$/mu).slice(1);
  const isOfTheFault = (line: string): boolean => line.includes("level=") && !/plugin parameter|has different behavior/.test(line);
  return sections.map((section) => section.split("\n").filter(isOfTheFault));
}

async function flush(host: PluginHost, instance: number, chunks: readonly Chunk[]): Promise<number[]> {
  const [only] = chunks;
  if (chunks.length === 1 && only !== undefined) return [await host.flush(instance, only.bytes)];
  const started: number[] = [];
  for (const { bytes } of chunks) started.push(await host.start(instance, bytes));
  return Promise.all(started.map((number) => host.replyOf(number)));
}

function isRight(code: number, { texts }: Chunk, { ledger }: FaultyKinesis): boolean {
  if (code === FLB_OK) return texts.every((text) => ledger.isSettled(text));
  return code === FLB_RETRY && !texts.every((text) => ledger.isAcknowledged(text));
}

function describe(code: number): string {
  if (code === FLB_OK) return "ok";
  return code === FLB_RETRY ? "retry" : `reply ${code}`;
}
