// An HTTP service on this machine that responds as the test defines, and keeps its requests.
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";

export interface ServedRequest {
  readonly method: string;
  /** Path with the query. */
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  /** Body as bytes, for one that is not text. */
  readonly bytes: Buffer;
  /** Number of its connection, from 0. */
  readonly connection: number;
}

export interface ServedResponse {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** "silence" never responds, "hang up" closes the connection. */
export type Answering = (request: ServedRequest, index: number) => ServedResponse | "silence" | "hang up";

export interface ServiceSettings {
  /** Key and certificate; plain HTTP without. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

export class ScriptedService {
  readonly requests: ServedRequest[] = [];
  readonly endpoint: string;
  readonly #server: Server;
  readonly #sockets: Socket[];

  private constructor(server: Server, sockets: Socket[], endpoint: string) {
    this.#server = server;
    this.#sockets = sockets;
    this.endpoint = endpoint;
  }

  static async start(answer: Answering, { tls }: ServiceSettings = {}): Promise<ScriptedService> {
    const sockets: Socket[] = [];
    const listener: RequestListener = (request, response) => {
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part));
      request.on("end", () => {
        const { method = "", url = "", headers } = request;
        const bytes = Buffer.concat(parts);
        const served = { method, path: url, headers, body: bytes.toString(), bytes, connection: sockets.indexOf(request.socket) };
        service.requests.push(served);
        const answered = answer(served, service.requests.length - 1);
        if (answered === "hang up") request.socket.destroy();
        else if (answered !== "silence") {
          response.writeHead(answered.status ?? 200, answered.headers);
          response.end(answered.body);
        }
      });
    };
    const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
    server.on(tls === undefined ? "connection" : "secureConnection", (socket: Socket) => sockets.push(socket));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const service = new ScriptedService(server, sockets, `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}`);
    return service;
  }

  /** Starts a service that accepts the only record of each request. */
  static async startTaking(settings: ServiceSettings = {}): Promise<ScriptedService> {
    const body = JSON.stringify({ FailedRecordCount: 0, Records: [{ SequenceNumber: "1", ShardId: "shardId-000000000000" }] });
    return ScriptedService.start(() => ({ body }), settings);
  }

  /** Number of connections so far. */
  get connections(): number {
    return this.#sockets.length;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
