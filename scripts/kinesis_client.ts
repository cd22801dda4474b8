/** Creates the SDK client of the commands, with the default credentials chain and the plugin's HTTP handler for proxies. */
import { KinesisClient } from "@aws-sdk/client-kinesis";
import { createHttpHandler } from "../src/network/http_handler.js";
import { readNetworkEnvironment } from "../src/network/network.js";
import type { StreamLocation } from "./command_line.js";

/** Returns a client that makes one attempt per call: the commands retry themselves, and report it. */
export async function createClient({ region, endpoint, profile }: Omit<StreamLocation, "stream">): Promise<KinesisClient> {
  return new KinesisClient({
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(profile === undefined ? {} : { profile }),
    requestHandler: createHttpHandler(await readNetworkEnvironment(process.env)),
    maxAttempts: 1,
  });
}
