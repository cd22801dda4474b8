// Starts the Kinesis that all test files of a run share; each makes its own streams.
import type { TestProject } from "vitest/node";
import { KinesisLocal, type KinesisPlace } from "./kinesis_local.js";

declare module "vitest" {
  interface ProvidedContext {
    /** Its addresses. */
    kinesis: KinesisPlace;
  }
}

let kinesis: KinesisLocal | undefined;

/** Called by vitest before the first test file. */
export async function setup(project: TestProject): Promise<void> {
  kinesis = await KinesisLocal.start();
  const { endpoint, tlsEndpoint, certificateFile } = kinesis;
  project.provide("kinesis", { endpoint, tlsEndpoint, certificateFile });
}

/** Called by vitest after the last test file. */
export async function teardown(): Promise<void> {
  await kinesis?.stop();
}
