// A server on this machine without HTTP: lets the test write to each connection that sends a request.
import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";

export class RawServer {
  /** Number of connections that sent a request. */
  asked = 0;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  private constructor(server: Server, sockets: Set<Socket>) {
    this.#server = server;
    this.#sockets = sockets;
  }

  /** @param say called with each connection that has sent a request */
  static async start(say: (socket: Socket) => void): Promise<RawServer> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket.on("error", () => undefined).once("close", () => sockets.delete(socket)));
      socket.once("data", () => {
        started.asked++;
        say(socket);
      });
    });
    const started = new RawServer(server, sockets);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return started;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Number of open connections. */
  get open(): number {
    return this.#sockets.size;
  }

  stop(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

/** 70 bytes after which Node closes the connection and emits no event, unless there is an `upgrade` listener. */
export const switching = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n";

/** Sends 103 responses without end. */
export function hintWithoutEnd(socket: Socket): void {
  const hint = () => socket.write("HTTP/1.1 103 Early Hints\r\n\r\n", (error) => (error == null ? setImmediate(hint) : undefined));
  hint();
}
