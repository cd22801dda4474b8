/**
 * Writes and reads the text of a state file.
 *
 * Two lines of JSON: version and checksum of the second line; destination and chunks, each with its undelivered events.
 */
import type { AgedDelivery } from "../delivery/partial_deliveries.js";
import { isBase64, readJsonObject } from "./json_line.js";

/** Destination of an output's records. Deliveries to another destination do not count. */
export interface Destination {
  readonly stream: string;
  readonly region: string;
  /** Empty for the region's default endpoint. */
  readonly endpoint: string;
}

/** Outcome of reading a state file: its deliveries, or why it is unusable. */
export type ReadState = { readonly kind: "kept"; readonly deliveries: readonly AgedDelivery[] } | { readonly kind: "unusable"; readonly why: string };

const version = 1;
/** SHA-256 in base64. */
const digestPattern = /^[A-Za-z0-9+/]{43}=$/u;
/** Size of the shortest event of a chunk. */
const minEventBytes = 3;

interface Chunk {
  readonly tag: string;
  readonly bytes: number;
  readonly digest: string;
  /** Milliseconds since the epoch. */
  readonly keptAt: number;
  /** One bit for each of the first events, set for undelivered ones, in base64. */
  readonly left: string;
  /** Position from which all events are undelivered; null when only events with a set bit are undelivered. */
  readonly leftFrom: number | null;
}

/** Returns the text of a state file. @param nowMs since the epoch */
export function writeState(destination: Destination, deliveries: readonly AgedDelivery[], nowMs: number, digest: (bytes: Uint8Array) => string): string {
  const chunks = deliveries.map(({ ageMs, ...delivery }): Chunk => ({ ...chunkOf(delivery), keptAt: Math.round(nowMs - ageMs) }));
  const content = JSON.stringify({ ...destination, chunks });
  return `${JSON.stringify({ version, sha256: digest(Buffer.from(content)) })}\n${content}\n`;
}

/** Returns a text that is equal for equal deliveries, apart from their ages. */
export function comparisonKey(deliveries: readonly AgedDelivery[]): string {
  return JSON.stringify(deliveries.map((delivery) => chunkOf(delivery)));
}

function chunkOf({ tag, chunkBytes, digest, remaining }: Omit<AgedDelivery, "ageMs">): Omit<Chunk, "keptAt"> {
  const { bits, rest } = remaining;
  return { tag, bytes: chunkBytes, digest, left: Buffer.from(bits).toString("base64"), leftFrom: Number.isFinite(rest) ? rest : null };
}

/** Reads the text of a state file. @param nowMs since the epoch */
export function readState(text: string, destination: Destination, nowMs: number, digest: (bytes: Uint8Array) => string): ReadState {
  // Accepts an empty file, which an administrator may have created for Fluent Bit's user.
  if (text === "") return { kind: "kept", deliveries: [] };
  const [head = "", content = "", end, more] = text.split("\n");
  const header = readJsonObject(head);
  if (header === undefined || end !== "" || more !== undefined) return unusable("it is not a state file, or is incomplete");
  if (header["version"] !== version) return unusable(`it has version ${JSON.stringify(header["version"])}, and this plugin knows version ${version}`);
  if (header["sha256"] !== digest(Buffer.from(content))) return unusable("its checksum does not match");
  const state = readJsonObject(content);
  if (state === undefined || !Array.isArray(state["chunks"])) return unusable("it has no list of chunks");
  for (const name of ["stream", "region", "endpoint"] as const) {
    if (state[name] !== destination[name]) return unusable(`it belongs to another ${name}, ${JSON.stringify(state[name])}`);
  }
  const deliveries: AgedDelivery[] = [];
  for (const chunk of state["chunks"] as unknown[]) {
    if (!isChunk(chunk)) return unusable("a chunk in it is invalid");
    const { tag, bytes, digest: chunkDigest, keptAt, left, leftFrom } = chunk;
    const remaining = { bits: Uint8Array.from(Buffer.from(left, "base64")), rest: leftFrom ?? Number.POSITIVE_INFINITY };
    // The age is negative when the clock was set back.
    deliveries.push({ tag, chunkBytes: bytes, digest: chunkDigest, remaining, ageMs: Math.max(0, nowMs - keptAt) });
  }
  return { kind: "kept", deliveries };
}

function isChunk(value: unknown): value is Chunk {
  if (typeof value !== "object" || value === null) return false;
  const { tag, bytes, digest, keptAt, left, leftFrom } = value as Record<string, unknown>;
  if (typeof tag !== "string" || typeof digest !== "string" || !digestPattern.test(digest) || typeof left !== "string") return false;
  if (!isCount(bytes) || !isCount(keptAt) || (leftFrom !== null && !isCount(leftFrom))) return false;
  return isBase64(left) && (left.length / 4) * 3 <= bytes / (8 * minEventBytes) + 4;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function unusable(why: string): ReadState {
  return { kind: "unusable", why };
}
