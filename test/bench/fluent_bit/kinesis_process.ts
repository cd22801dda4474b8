// Runs the server of the benchmark as a child process: says how it answers, and asks for its books.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { makeCertificate } from "../../support/certificate.js";
import { AT_ONCE, type Manner, type Question } from "./manner.js";
import type { Books } from "./server_books.js";
import type { Endpoint } from "./variant.js";

export class KinesisProcess {
  readonly #ended: Promise<string>;
  /** Rejects when the process ends, so that nobody waits for its answer. */
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

  /** @param keptFile where the bodies of all requests are kept, if they are */
  static async start(folder: string, keptFile?: string): Promise<KinesisProcess> {
    const { certificateFile, serverFile } = await makeCertificate(folder);
    const program = new URL("kinesis_server.mjs", import.meta.url);
    const child = fork(program, keptFile === undefined ? [serverFile] : [serverFile, keptFile]);
    const [port] = (await once(child, "message")) as [number];
    return new KinesisProcess({ port, certificateFile }, child);
  }

  /** Empties the books; the server answers in this manner from now on. */
  async reset(manner: Partial<Manner> = {}): Promise<void> {
    await this.#ask({ ask: "reset", manner: { ...AT_ONCE, ...manner } });
  }

  async books(): Promise<Books> {
    return this.#ask({ ask: "books" });
  }

  async stop(): Promise<void> {
    if (this.child.connected) this.child.disconnect();
    await this.#ended;
  }

  async #ask(question: Question): Promise<Books> {
    const answered = once(this.child, "message") as Promise<[Books]>;
    if (this.child.connected) this.child.send(question);
    const [books] = await Promise.race([answered, this.#failure]);
    return books;
  }
}
