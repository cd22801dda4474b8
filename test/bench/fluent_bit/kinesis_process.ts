// Runs the benchmark's server as a child process, sets its behavior, and reads its counts.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { makeCertificate } from "../../support/certificate.js";
import { IMMEDIATE, type ServerBehavior, type ServerCommand } from "./server_behavior.js";
import type { Counts } from "./server_counts.js";
import type { Endpoint } from "./variant.js";

export class KinesisProcess {
  readonly #ended: Promise<string>;
  /** Rejects when the process ends, so that no caller waits for its response. */
  readonly #failure: Promise<never>;

  private constructor(
    readonly endpoint: Endpoint,
    readonly child: ChildProcess,
  ) {
    this.#ended = new Promise((resolve) => child.once("exit", (status, signal) => resolve(signal ?? `status ${status}`)));
    this.#failure = this.#ended.then((how) => {
      throw new Error(`the benchmark's server ended with ${how}`);
    });
    this.#failure.catch(() => undefined);
  }

  /** @param keptFile file for the bodies of all requests, if they are to be kept */
  static async start(folder: string, keptFile?: string): Promise<KinesisProcess> {
    const { certificateFile, serverFile } = await makeCertificate(folder);
    const program = new URL("kinesis_server.mjs", import.meta.url);
    const child = fork(program, keptFile === undefined ? [serverFile] : [serverFile, keptFile]);
    const [port] = (await once(child, "message")) as [number];
    return new KinesisProcess({ port, certificateFile }, child);
  }

  /** Resets the counts and sets the server's behavior. */
  async reset(behavior: Partial<ServerBehavior> = {}): Promise<void> {
    await this.#send({ command: "reset", behavior: { ...IMMEDIATE, ...behavior } });
  }

  async counts(): Promise<Counts> {
    return this.#send({ command: "counts" });
  }

  async stop(): Promise<void> {
    if (this.child.connected) this.child.disconnect();
    await this.#ended;
  }

  async #send(command: ServerCommand): Promise<Counts> {
    const response = once(this.child, "message") as Promise<[Counts]>;
    if (this.child.connected) this.child.send(command);
    const [counts] = await Promise.race([response, this.#failure]);
    return counts;
  }
}
