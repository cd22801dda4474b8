// Starts the Kinesis that all test files of a run share: each has streams of its own in it.
import type { TestProject } from "vitest/node";
import { KinesisLocal, type KinesisPlace } from "./kinesis_local.js";

declare module "vitest" {
  interface ProvidedContext {
    /** Where it answers. */
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

/** Called by vitest behind the last one. */
export async function teardown(): Promise<void> {
  await kinesis?.stop();
}
