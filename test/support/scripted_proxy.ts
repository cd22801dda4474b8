// An HTTP proxy on this machine: opens tunnels (CONNECT), forwards plain requests, and keeps all requests.
import { createServer, request as passOn, type IncomingMessage, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect, type AddressInfo, type Socket } from "node:net";
import type { Duplex } from "node:stream";

export interface ProxySettings {
  /** Key and certificate for TLS to the proxy itself. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Required "user:password" of Basic authorization; other requests get 407. */
  readonly credentials?: string;
  /** Status for every CONNECT, instead of a tunnel; 0 for no response. */
  readonly refusal?: number;
  /** Target of tunnels and requests on this machine, for any requested host. */
  readonly target?: { readonly port: number };
}

export class ScriptedProxy {
  /** Targets ("host:port") of the opened tunnels. */
  readonly tunnels: string[] = [];
  /** URLs of the forwarded requests. */
  readonly passedOn: string[] = [];
  /** Proxy-Authorization of every request. */
  readonly authorizations: (string | undefined)[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Duplex>();
  readonly #settings: ProxySettings;

  private constructor(settings: ProxySettings) {
    this.#settings = settings;
    this.#server = settings.tls === undefined ? createServer() : createTlsServer(settings.tls);
    this.#server.on(settings.tls === undefined ? "connection" : "secureConnection", (socket: Socket) => this.#keep(socket));
    this.#server.on("connect", (request: IncomingMessage, socket: Duplex, head: Buffer) => this.#tunnel(request, socket, head));
    this.#server.on("request", (request, response) => {
      if (!this.#admits(request)) {
        response.writeHead(407).end("who are you?");
        return;
      }
      this.passedOn.push(request.url ?? "");
      const { method = "GET", headers } = request;
      const { port: asked, pathname, search } = new URL(request.url ?? "");
      const { port } = this.#settings.target ?? { port: asked };
      const onward = { host: "127.0.0.1", port, method, headers, path: `${pathname}${search}` };
      const forward = passOn(onward, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      forward.on("error", () => response.destroy());
      request.pipe(forward);
    });
  }

  static async start(settings: ProxySettings = {}): Promise<ScriptedProxy> {
    const proxy = new ScriptedProxy(settings);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Address as host:port, for a variable. */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Number of open connections of clients. */
  get open(): number {
    return this.#sockets.size;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #keep(socket: Duplex): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    socket.on("error", () => undefined);
  }

  #admits({ headers }: IncomingMessage): boolean {
    this.authorizations.push(headers["proxy-authorization"]);
    const { credentials } = this.#settings;
    if (credentials === undefined) return true;
    return headers["proxy-authorization"] === `Basic ${Buffer.from(credentials).toString("base64")}`;
  }

  #tunnel(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refusal = this.#admits(request) ? this.#settings.refusal : 407;
    if (refusal === 0) {
      // Without reading, the end of the client's connection would not be noticed.
      socket.resume().once("end", () => socket.destroy());
      return;
    }
    if (refusal !== undefined) {
      socket.end(`HTTP/1.1 ${refusal} No\r\ncontent-length: 2\r\n\r\nno`);
      return;
    }
    const [, host = "", port = ""] = /^\[?([^\]]*)\]?:(\d+)$/.exec(request.url ?? "") ?? [];
    this.tunnels.push(request.url ?? "");
    const { target } = this.#settings;
    const onward = target === undefined ? connect(Number(port), host) : connect(target.port, "127.0.0.1");
    onward.on("error", () => socket.destroy());
    onward.once("connect", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      onward.write(head);
      socket.pipe(onward).pipe(socket);
    });
    socket.once("close", () => onward.destroy());
    onward.once("close", () => socket.destroy());
  }
}
