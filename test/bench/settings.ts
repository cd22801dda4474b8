// What the environment says about a run of the benchmarks.
import type { Programs } from "./fluent_bit/programs.js";

/** A variable of the environment; undefined also when it is empty. */
export function setting(name: string): string | undefined {
  const value = process.env[name];
  return value === "" ? undefined : value;
}

/** A whole number above zero. Throws when the variable says something else. */
export function numberSetting(name: string, fallback: number): number {
  const value = Number(setting(name) ?? fallback);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${name} must be a whole number above zero`);
  return value;
}

/** Whole numbers of at least `least` with commas between, each once. Throws when the variable says something else. */
export function numbersSetting(name: string, fallback: readonly number[], least: number): number[] {
  const text = setting(name);
  const values = text === undefined ? fallback : text.split(",").map((part) => (part.trim() === "" ? NaN : Number(part)));
  if (!values.every((value) => Number.isInteger(value) && value >= least)) {
    throw new Error(`${name} must be whole numbers of at least ${least}, with commas between`);
  }
  return [...new Set(values)];
}

/** Fluent Bit and the libraries that are compared; undefined without FLUENT_BIT. */
export function programs(): Programs | undefined {
  const fluentBit = setting("FLUENT_BIT");
  return fluentBit === undefined ? undefined : { fluentBit, base: setting("BASE_PLUGIN"), peer: setting("PEER_PLUGIN") };
}
