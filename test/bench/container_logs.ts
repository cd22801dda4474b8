// Makes container logs as a Kubernetes cluster writes them, the same in each run, for the benchmarks.
import { encodeV2 } from "../support/event_chunk.js";

const levels = ["info", "info", "info", "debug", "warn", "error"];
const paths = ["/api/v1/orders", "/api/v1/users/42/cart", "/healthz", "/static/app.3f9c.js", "/api/v1/search?q=caf%C3%A9"];
const texts = [
  "request completed",
  'upstream answered "503 Service Unavailable", trying the next one',
  "Grüße aus dem Café – naïve façade",
  "panic: runtime error\n\tgoroutine 1 [running]:\n\tmain.main()",
  "処理が完了しました \u{1f680}",
];

/** Returns pseudo-random numbers, the same in each run (a linear congruence, modulus 2^32). */
export function pseudoRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Returns the body of one record: about 450 bytes of JSON. */
export function containerLog(random: () => number): Record<string, unknown> {
  const pick = (list: readonly string[]) => list[Math.floor(random() * list.length)] as string;
  const hex = (digits: number) =>
    Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join("");
  const status = random() < 0.9 ? 200 : 503;
  const request = { level: pick(levels), path: pick(paths), status, trace: hex(16), ms: Math.floor(random() * 900) };
  return {
    stream: random() < 0.8 ? "stdout" : "stderr",
    logtag: "F",
    log: random() < 0.6 ? JSON.stringify(request) : pick(texts),
    duration: Math.round(random() * 1e6) / 1e3,
    kubernetes: {
      pod_name: `checkout-${hex(9)}-${hex(5)}`,
      namespace_name: "shop",
      pod_id: `${hex(8)}-${hex(4)}-${hex(4)}-${hex(4)}-${hex(12)}`,
      labels: { app: "checkout", "app.kubernetes.io/name": "checkout", canary: random() < 0.1 },
      host: "ip-10-0-12-34.us-west-2.compute.internal",
      container_name: "server",
      restarts: Math.floor(random() * 5),
    },
  };
}

/** Returns the bodies of this many records. */
export function containerLogs(count: number): Record<string, unknown>[] {
  const random = pseudoRandom(7);
  return Array.from({ length: count }, () => containerLog(random));
}

/** Returns bodies as a chunk of Fluent Bit, a hundred records per second. */
export function chunkOfLogs(bodies: readonly Record<string, unknown>[]): Uint8Array {
  return Buffer.concat(
    bodies.map((body, index) => {
      const seconds = 1_700_000_000 + Math.floor(index / 100);
      return encodeV2({ body, time: { kind: "ext", seconds, nanoseconds: (index % 100) * 10_000_000 } });
    }),
  );
}
