// Fuzzes the decoder, the shaper and the pipeline with chunks, guided by the code that each chunk reaches.
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { ChunkTrial } from "../support/chunk_trial.js";
import { chunkOf, encodeV1, encodeV2, groupEnd, groupStart } from "../support/event_chunk.js";
import { CostMeter } from "../support/execution_cost.js";
import { damaged, hostileEvent } from "../support/hostile_msgpack.js";
import { SeededRandom } from "../support/seeded_random.js";

const seconds = Number(process.env["FUZZ_SECONDS"] ?? 4);
const seed = Number(process.env["FUZZ_SEED"] ?? Date.now() % 0x1_0000_0000);
const maxBytes = 8 * 1024;
const findings = path.join(process.cwd(), "build", "fuzz");

const realChunks: readonly Uint8Array[] = [
  chunkOf([{ log: "a line\n", a: { b: "key" }, "a.b": "dotted" }, { log: 'say "hé"', value: [1, 2.5, null, true] }]),
  Buffer.concat([groupStart({ schema: "otlp" }), encodeV2({ body: { a: 1n } }), groupEnd()]),
  encodeV1({ body: { log: { nested: [["deep"]] } }, time: { kind: "float", seconds: 1.5 } }),
  encodeV1({ body: { a: "x".repeat(5000) }, time: { kind: "int", seconds: 1 } }),
];

/** Writes the chunk to a file and returns its path. A copy of the file in test/fixtures/fuzz becomes a permanent test. */
function keep(chunk: Uint8Array): string {
  const file = path.join(findings, `${createHash("sha256").update(chunk).digest("hex").slice(0, 12)}.chunk`);
  mkdirSync(findings, { recursive: true });
  writeFileSync(file, chunk);
  return path.relative(process.cwd(), file);
}

test(`${seconds} seconds of random chunks crash nothing and stay within the cost limits`, { timeout: seconds * 3000 + 120_000 }, async () => {
  const meter = new CostMeter();
  const trial = await ChunkTrial.create(meter);
  const random = new SeededRandom(seed);
  const corpus = [...realChunks];
  const seen = new Set<number>();
  const worst = { stepsPerByte: 0, allocatedPerByte: 0 };
  let runs = 0;
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end || runs < 100) {
    const fresh = runs < realChunks.length ? realChunks[runs] : undefined;
    const chunk = fresh ?? (random.below(4) === 0 ? Uint8Array.from(hostileEvent(random)) : damaged(random.pick(corpus), random.pick(corpus), random, maxBytes));
    runs++;
    try {
      const cost = trial.run(chunk);
      worst.stepsPerByte = Math.max(worst.stepsPerByte, chunk.length < 4000 ? 0 : cost.stepsPerByte);
      worst.allocatedPerByte = Math.max(worst.allocatedPerByte, chunk.length < 4000 ? 0 : cost.allocatedPerByte);
      const known = seen.size;
      for (const trace of cost.traces) seen.add(trace);
      if (seen.size > known) corpus.push(chunk);
    } catch (error) {
      throw new Error(`${String(error)}\nFUZZ_SEED=${seed}, run ${runs}, the chunk is in ${keep(chunk)}`, { cause: error });
    }
  }
  meter.close();
  const [steps, allocated] = [worst.stepsPerByte.toFixed(1), worst.allocatedPerByte.toFixed(1)];
  console.info(`${runs} chunks, FUZZ_SEED=${seed}: ${corpus.length} kept for ${seen.size} traces; at most ${steps} steps and ${allocated} allocated bytes per byte`);
  // Makes sure that new traces guided the fuzzing.
  expect(corpus.length).toBeGreaterThan(realChunks.length + 20);
});
