// A server on this machine that sends bytes of the test's choice to each request, in pieces, and then closes the connection.
import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** A response to a request. */
export interface ByteResponse {
  readonly bytes: Uint8Array;
  /** Positions of the cuts, as fractions of the whole. */
  readonly cuts: readonly number[];
  /** Whether the connection is reset instead of ended. */
  readonly isReset: boolean;
}

export class ByteServer {
  /** Responses in order; the last one is sent to all further requests. */
  responses: readonly ByteResponse[] = [];
  #requests = 0;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  private constructor(server: Server, sockets: Set<Socket>) {
    this.#server = server;
    this.#sockets = sockets;
  }

  static async start(): Promise<ByteServer> {
    const sockets = new Set<Socket>();
    const server = createServer({ noDelay: true }, (socket) => {
      sockets.add(socket.on("error", () => undefined).once("close", () => sockets.delete(socket)));
      socket.once("data", () => void started.#send(socket));
    });
    const started: ByteServer = new ByteServer(server, sockets);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return started;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Restarts with the first of these responses. */
  willSend(...responses: readonly ByteResponse[]): void {
    this.responses = responses;
    this.#requests = 0;
  }

  stop(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  async #send(socket: Socket): Promise<void> {
    const response = this.responses[Math.min(this.#requests++, this.responses.length - 1)];
    if (response === undefined) return void socket.destroy();
    const { bytes, cuts, isReset } = response;
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
