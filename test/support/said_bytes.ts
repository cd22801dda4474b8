// A server on this machine that says bytes of the test's choice to each request, in pieces, and closes the connection behind them.
import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** What is said to a request. */
export interface Said {
  readonly bytes: Uint8Array;
  /** Where the bytes are cut, in parts of the whole. */
  readonly cuts: readonly number[];
  /** Whether the connection is reset, not ended. */
  readonly isReset: boolean;
}

export class SayingServer {
  /** Answers in their order; the last one is said to all further requests. */
  answers: readonly Said[] = [];
  #asked = 0;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  private constructor(server: Server, sockets: Set<Socket>) {
    this.#server = server;
    this.#sockets = sockets;
  }

  static async start(): Promise<SayingServer> {
    const sockets = new Set<Socket>();
    const server = createServer({ noDelay: true }, (socket) => {
      sockets.add(socket.on("error", () => undefined).once("close", () => sockets.delete(socket)));
      socket.once("data", () => void started.#say(socket));
    });
    const started: SayingServer = new SayingServer(server, sockets);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return started;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Begins with the first of these answers. */
  willSay(...answers: readonly Said[]): void {
    this.answers = answers;
    this.#asked = 0;
  }

  stop(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  async #say(socket: Socket): Promise<void> {
    const said = this.answers[Math.min(this.#asked++, this.answers.length - 1)];
    if (said === undefined) return void socket.destroy();
    const { bytes, cuts, isReset } = said;
    const places = [...cuts.map((cut) => Math.floor(cut * bytes.length)), bytes.length].sort((one, other) => one - other);
    let from = 0;
    for (const to of places) {
      if (!socket.writable) return;
      socket.write(bytes.subarray(from, to));
      await new Promise((resolve) => setImmediate(resolve));
      from = to;
    }
    if (isReset) socket.resetAndDestroy();
    else socket.end();
  }
}
