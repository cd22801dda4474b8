// Loads the recorded behaviour of AWS's Go plugin (go-plugin.json).
import { readFileSync } from "node:fs";

export interface GoldenRecord {
  readonly partitionKey: string;
  readonly data?: string;
  readonly startsWith?: string;
  readonly endsWith?: string;
  readonly bytes?: number;
}

export interface GoldenVector {
  readonly name: string;
  readonly options: Readonly<Record<string, string>>;
  readonly env: { readonly TZ: string };
  readonly chunk?: string;
  readonly chunkBytes?: number;
  readonly init: number;
  readonly requests?: readonly number[];
  readonly records?: readonly GoldenRecord[];
}

export const goldenVectors = (
  JSON.parse(readFileSync(new URL("go-plugin.json", import.meta.url), "utf8")) as { readonly cases: GoldenVector[] }
).cases;

/** Returns a vector by its name. @throws Error if there is none */
export function goldenVector(name: string): GoldenVector {
  const vector = goldenVectors.find((candidate) => candidate.name === name);
  if (vector === undefined) throw new Error(`No golden vector has the name "${name}"`);
  return vector;
}

/** Returns a vector's chunk. @throws Error if it has none */
export function chunkOfVector(vector: GoldenVector): Uint8Array {
  if (vector.chunk === undefined) throw new Error(`The golden vector "${vector.name}" has no chunk`);
  return Buffer.from(vector.chunk, "base64");
}
