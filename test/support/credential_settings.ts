// Settings of credentials for tests in this process, isolated from this machine's settings.
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

/** A separate home, with an environment whose only sources of credentials are those that a test adds. */
export class CredentialSettings {
  readonly log = new RecordedLog();
  /** Milliseconds by which the clock of the credentials is ahead. */
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

  /** Writes a file of this home; returns its path. */
  write(name: string, text: string): string {
    const file = path.join(this.home, name);
    writeFileSync(file, text);
    return file;
  }

  /** Creates credentials as the plugin does. */
  credentials(options: Partial<CredentialOptions> = {}): CredentialProvider {
    const now = () => Date.now() + this.aheadMs;
    const sources = new CredentialSources({ now, steadyNow: () => performance.now() + this.aheadMs, random: () => 0.5 });
    return sources.open({ ...noOptions, ...options }, { log: this.log, network: this.network });
  }

  /** Returns the key that would sign requests now. */
  async keyId(options: Partial<CredentialOptions> = {}): Promise<string> {
    return (await this.credentials(options).provide()).accessKeyId;
  }

  /** Returns the message of the failure. */
  async failure(options: Partial<CredentialOptions> = {}): Promise<string> {
    return this.credentials(options)
      .provide()
      .then(
        () => "there was none",
        (error: unknown) => (error as Error).message,
      );
  }

  /** Removes the home. Call after each test. */
  remove(): void {
    vi.unstubAllEnvs();
    rmSync(this.home, { recursive: true });
  }
}
