// Reads the environment variables of the benchmarks.
import type { Programs } from "./fluent_bit/programs.js";

/** Returns an environment variable; undefined if it is unset or empty. */
export function setting(name: string): string | undefined {
  const value = process.env[name];
  return value === "" ? undefined : value;
}

/** Returns a whole number above zero. Throws for an invalid value. */
export function numberSetting(name: string, fallback: number): number {
  const value = Number(setting(name) ?? fallback);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${name} must be a whole number above zero`);
  return value;
}

/** Returns whole numbers of at least `least`, separated by commas, without repeats. Throws for an invalid value. */
export function numbersSetting(name: string, fallback: readonly number[], least: number): number[] {
  const text = setting(name);
  const values = text === undefined ? fallback : text.split(",").map((part) => (part.trim() === "" ? NaN : Number(part)));
  if (!values.every((value) => Number.isInteger(value) && value >= least)) {
    throw new Error(`${name} must be whole numbers of at least ${least}, separated by commas`);
  }
  return [...new Set(values)];
}

/** Returns Fluent Bit and the libraries to compare; undefined without FLUENT_BIT. */
export function programs(): Programs | undefined {
  const fluentBit = setting("FLUENT_BIT");
  return fluentBit === undefined ? undefined : { fluentBit, base: setting("BASE_PLUGIN"), peer: setting("PEER_PLUGIN") };
}
