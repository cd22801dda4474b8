// Configurations that a test writes, and what the check says of them.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { check, type Host } from "../../scripts/check/check.js";
import type { Configuration } from "../../scripts/check/configuration.js";
import type { Finding } from "../../scripts/check/findings.js";
import { readConfigurations } from "../../scripts/check/read_configuration.js";

type Environment = Readonly<Record<string, string | undefined>>;

/** A folder with files of configurations. */
export class ConfigurationFolder {
  readonly folder = mkdtempSync(path.join(tmpdir(), "check-"));

  /** Writes a file, in a folder below if the name has one; gives its path. */
  write(name: string, text: string | Uint8Array): string {
    const file = path.join(this.folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  }

  /** Reads a file with one configuration. */
  read(name: string, text: string | Uint8Array): Configuration {
    const [configuration, ...more] = readConfigurations(this.write(name, text));
    if (configuration === undefined || more.length > 0) throw new Error(`${name} has not one configuration`);
    return configuration;
  }

  async findings(name: string, text: string, environment: Environment = {}, host: Host = {}): Promise<Finding[]> {
    return (await check(this.write(name, text), environment, host)).findings;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

/** Nothing is said of it. */
export const quietOutput = {
  Name: "kinesis",
  Match: "*",
  region: "us-west-2",
  stream: "logs",
  Retry_Limit: "5",
};

export type Keys = Readonly<Record<string, string | undefined>>;

/** A section in the classic form; a key that is undefined is left out. */
export function section(name: string, keys: Keys): string {
  const lines = Object.entries(keys).map(([key, value]) => (value === undefined ? "" : `    ${key} ${value}\n`));
  return `[${name}]\n${lines.join("")}`;
}

/** The output of which nothing is said, with changes. */
export function output(changes: Keys = {}): string {
  return section("OUTPUT", { ...quietOutput, ...changes });
}

/** `severity rule` of each finding; with the line where it is asked for. */
export function briefly(findings: readonly Finding[]): string[] {
  return findings.map(({ severity, rule }) => `${severity} ${rule}`);
}
