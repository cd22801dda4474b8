// Settings of credentials for tests in this process: nothing of this machine's gets in.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { vi } from "vitest";
import { CredentialSources, type CredentialOptions } from "../../src/credentials/credentials.js";
import type { CredentialProvider } from "../../src/credentials/renewing_credentials.js";
import { directNetwork } from "../../src/network/network.js";
import { RecordedLog } from "./recorded_log.js";

const noOptions: CredentialOptions = {
  region: "us-west-2",
  profile: undefined,
  roleArn: undefined,
  externalId: undefined,
  stsEndpoint: undefined,
  eksPodExecutionRole: undefined,
};

/** A home of its own, with an environment that has no source of credentials but what a test adds. */
export class CredentialSettings {
  readonly log = new RecordedLog();
  /** How far the clock of the credentials is ahead. */
  aheadMs = 0;
  network = directNetwork;
  readonly home = mkdtempSync(path.join(tmpdir(), "credentials-"));

  constructor() {
    for (const name of Object.keys(process.env)) {
      if (/^AWS_/iu.test(name)) vi.stubEnv(name, undefined);
    }
    vi.stubEnv("HOME", this.home);
    vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
    vi.stubEnv("AWS_CONFIG_FILE", this.write("config", ""));
    vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", this.write("credentials", ""));
  }

  /** Writes a file of this home; gives its path. */
  write(name: string, text: string): string {
    const file = path.join(this.home, name);
    writeFileSync(file, text);
    return file;
  }

  /** As the plugin makes them. */
  credentials(options: Partial<CredentialOptions> = {}): CredentialProvider {
    const now = () => Date.now() + this.aheadMs;
    const sources = new CredentialSources({ now, steadyNow: () => performance.now() + this.aheadMs, random: () => 0.5 });
    return sources.open({ ...noOptions, ...options }, { log: this.log, network: this.network });
  }

  /** The key that requests would be signed with now. */
  async keyId(options: Partial<CredentialOptions> = {}): Promise<string> {
    return (await this.credentials(options).provide()).accessKeyId;
  }

  /** The message of the failure. */
  async failure(options: Partial<CredentialOptions> = {}): Promise<string> {
    return this.credentials(options)
      .provide()
      .then(
        () => "there was none",
        (error: unknown) => (error as Error).message,
      );
  }

  /** Call after each test. */
  remove(): void {
    vi.unstubAllEnvs();
    rmSync(this.home, { recursive: true });
  }
}
