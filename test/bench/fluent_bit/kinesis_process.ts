// The server of the benchmark as a child process: starts it, and asks for its books.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { makeCertificate } from "../../support/certificate.js";
import type { Endpoint } from "./variant.js";

/** What the server took since the last reset. */
export interface Books {
  readonly requests: number;
  /** Kinesis records: an aggregate counts as one. */
  readonly records: number;
  /** As they came through TLS, headers included. */
  readonly bytes: number;
  /** When the last PutRecords request was whole, by Date.now; 0 if there was none. */
  readonly lastRequestMs: number;
  readonly cpuMs: number;
}

export class KinesisProcess {
  private constructor(
    readonly endpoint: Endpoint,
    readonly child: ChildProcess,
  ) {}

  /** @param keptFile where the bodies of all requests are kept, if they are */
  static async start(folder: string, keptFile?: string): Promise<KinesisProcess> {
    const { certificateFile, serverFile } = await makeCertificate(folder);
    const program = new URL("kinesis_server.mjs", import.meta.url);
    const child = fork(program, keptFile === undefined ? [serverFile] : [serverFile, keptFile]);
    const [port] = (await once(child, "message")) as [number];
    return new KinesisProcess({ port, certificateFile }, child);
  }

  async reset(): Promise<void> {
    await this.#ask("reset");
  }

  async books(): Promise<Books> {
    return this.#ask("books");
  }

  async stop(): Promise<void> {
    const ended = once(this.child, "exit");
    this.child.disconnect();
    await ended;
  }

  async #ask(question: string): Promise<Books> {
    this.child.send(question);
    const [books] = (await once(this.child, "message")) as [Books];
    return books;
  }
}
