// A Kinesis client whose service sends one response to all requests; both end with their test.
import { afterEach, beforeEach, vi } from "vitest";
import { ScriptedService, type ServedResponse } from "./scripted_service.js";
import { sdkClientOf, stubSdkEnvironment, type SdkClient } from "./sdk_client.js";

export class ServedClient {
  #client: SdkClient | undefined;
  #service: ScriptedService | undefined;

  /** Requests so far. */
  get requests(): ScriptedService["requests"] {
    return this.#service?.requests ?? [];
  }

  /** Starts the service, and makes the client. */
  async start(response: ServedResponse): Promise<SdkClient> {
    this.#service = await ScriptedService.start(() => response);
    this.#client = sdkClientOf(this.#service.endpoint, "logs");
    return this.#client;
  }

  async stop(): Promise<void> {
    this.#client?.close();
    await this.#service?.stop();
  }
}

/** Call at the top of a test file. */
export function useServedClient(): ServedClient {
  const served = new ServedClient();
  beforeEach(stubSdkEnvironment);
  afterEach(async () => {
    await served.stop();
    vi.unstubAllEnvs();
  });
  return served;
}
