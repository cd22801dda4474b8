// Writes configurations for tests, and runs the check on them.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { check, type Host } from "../../scripts/check/check.js";
import type { Configuration } from "../../scripts/check/configuration.js";
import type { Finding } from "../../scripts/check/findings.js";
import { readConfigurations } from "../../scripts/check/read_configuration.js";

type Environment = Readonly<Record<string, string | undefined>>;

/** A folder with configuration files. */
export class ConfigurationFolder {
  readonly folder = mkdtempSync(path.join(tmpdir(), "check-"));

  /** Writes a file, creating its folder if needed; returns its path. */
  write(name: string, text: string | Uint8Array): string {
    const file = path.join(this.folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  }

  /** Writes and reads a file with one configuration. */
  read(name: string, text: string | Uint8Array): Configuration {
    const [configuration, ...more] = readConfigurations(this.write(name, text));
    if (configuration === undefined || more.length > 0) throw new Error(`${name} does not have exactly one configuration`);
    return configuration;
  }

  async findings(name: string, text: string, environment: Environment = {}, host: Host = {}): Promise<Finding[]> {
    return (await check(this.write(name, text), environment, host)).findings;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

/** An output without findings. */
export const correctOutput = {
  Name: "kinesis",
  Match: "*",
  region: "us-west-2",
  stream: "logs",
  Retry_Limit: "5",
};

export type Keys = Readonly<Record<string, string | undefined>>;

/** Returns a section in the classic form, without undefined keys. */
export function section(name: string, keys: Keys): string {
  const lines = Object.entries(keys).map(([key, value]) => (value === undefined ? "" : `    ${key} ${value}\n`));
  return `[${name}]\n${lines.join("")}`;
}

/** Returns the correct output with changes. */
export function output(changes: Keys = {}): string {
  return section("OUTPUT", { ...correctOutput, ...changes });
}

/** Returns `severity rule` of each finding. */
export function briefly(findings: readonly Finding[]): string[] {
  return findings.map(({ severity, rule }) => `${severity} ${rule}`);
}
