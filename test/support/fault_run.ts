// Takes the plugin through one fault: flushes chunks, brings those back that are to be retried, and draws up the account.
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
  /** Each flush in its order: the chunk's letter and its answer, as in "A retry". */
  readonly answers: readonly string[];
  readonly balance: Balance;
  /** Answers that were not what the books say: ok with records open, or retry with nothing open. */
  readonly wrongAnswers: readonly string[];
  readonly requests: number;
  /** Each form that a request had. */
  readonly forms: readonly Form[];
}

interface Chunk {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly texts: readonly string[];
}

const maxTries = 6;
/** One record in so many is what "refuse(poison)" refuses, and so many at the head of the second chunk "refuse(heading)". */
const poisonEvery = 97;
const headings = 12;

/** The first chunk takes several requests; others come between its tries, as in Fluent Bit. */
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

/** Runs a case with an output of its own in a host that may have had others. */
export async function runFault(host: PluginHost, mode: Mode, fault: FaultCase): Promise<FaultOutcome> {
  const { plan, options = {} } = fault;
  const kinesis = await FaultyKinesis.start(plan, { seed: 7 });
  try {
    const common = { stream: "any", region: "us-east-1", endpoint: kinesis.endpoint, retry_timeout: String(retryTimeoutSeconds(fault)) };
    const instance = await host.open({ ...common, ...mode.options, ...options });
    const chunks = makeChunks();
    const answers: string[] = [];
    const wrongAnswers: string[] = [];
    const tries = new Map<string, number>();
    const queue = [...chunks];
    while (queue.length > 0) {
      const turn = queue.splice(0, mode.workers);
      const codes = await flush(host, instance, turn);
      kinesis.flushEnded();
      turn.forEach((chunk, index) => {
        const code = codes[index] ?? -1;
        const answer = `${chunk.name} ${describe(code)}`;
        const tried = (tries.get(chunk.name) ?? 0) + 1;
        tries.set(chunk.name, tried);
        answers.push(answer);
        if (!isRight(code, chunk, kinesis)) wrongAnswers.push(answer);
        if (code === FLB_RETRY && tried < maxTries) queue.push(chunk);
      });
    }
    await host.exit(instance);
    const balance = kinesis.ledger.balance(chunks.flatMap(({ texts }) => texts));
    return { mode: mode.name, plan, answers, balance, wrongAnswers, requests: kinesis.served.length, forms: [...new Set(kinesis.forms)] };
  } finally {
    await kinesis.destroy();
  }
}

/** What the plugin said during each case: the messages of an output begin with its start line. */
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
  return Promise.all(started.map((number) => host.answerOf(number)));
}

function isRight(code: number, { texts }: Chunk, { ledger }: FaultyKinesis): boolean {
  if (code === FLB_OK) return texts.every((text) => ledger.isSettled(text));
  return code === FLB_RETRY && !texts.every((text) => ledger.isAcknowledged(text));
}

function describe(code: number): string {
  if (code === FLB_OK) return "ok";
  return code === FLB_RETRY ? "retry" : `answer ${code}`;
}
