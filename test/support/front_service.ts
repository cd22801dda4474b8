// A proxy in front of a Kinesis of the tests: rejects some actions, throttles some streams, and forwards all other requests.
import { createServer, request as forwardTo, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { formOf, type Form } from "./put_records_form.js";

interface PutRecordsBody {
  readonly StreamName?: string;
  readonly Records: readonly unknown[];
}

export class FrontService {
  /** Actions such as "ListShards" that get AccessDeniedException. */
  readonly refused = new Set<string>();
  /** For an action, what to write to its connection instead of a response. */
  readonly said = new Map<string, (socket: Socket) => void>();
  /** Requested actions, in order. */
  readonly actions: string[] = [];
  /** The form of each PutRecords request. */
  readonly forms: Form[] = [];
  /** Streams that currently accept no record. */
  readonly throttled = new Set<string>();
  /** Stream and number of records of each PutRecords request in JSON. */
  readonly requests: { readonly stream: string; readonly records: number }[] = [];
  readonly #server;

  private constructor(behind: URL) {
    this.#server = createServer((incoming, response) => {
      const action = actionOf(incoming);
      this.actions.push(action);
      if (action === "PutRecords") this.forms.push(formOf(incoming.headers));
      const say = this.said.get(action);
      if (say !== undefined) {
        incoming.resume();
        incoming.socket.on("error", () => undefined);
        say(incoming.socket);
        return;
      }
      if (this.refused.has(action)) {
        incoming.resume();
        response.writeHead(400, { "content-type": "application/x-amz-json-1.1" });
        response.end(JSON.stringify({ __type: "AccessDeniedException", message: `not authorized to perform kinesis:${action}` }));
        return;
      }
      const { method, url, headers } = incoming;
      const target = { host: behind.hostname, port: behind.port, method, path: url, headers };
      const forward = () => forwardTo(target, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      }).on("error", () => response.destroy());
      if (action !== "PutRecords" || formOf(headers) !== "json") {
        incoming.pipe(forward());
        return;
      }
      const parts: Buffer[] = [];
      incoming.on("data", (part: Buffer) => parts.push(part));
      incoming.on("end", () => {
        const body = Buffer.concat(parts);
        const { StreamName: stream = "", Records: records } = JSON.parse(body.toString()) as PutRecordsBody;
        this.requests.push({ stream, records: records.length });
        if (this.throttled.has(stream)) throttle(response, records.length);
        else forward().end(body);
      });
    });
  }

  /** Returns the numbers of records in the requests for a stream, in order. */
  requestsFor(stream: string): number[] {
    return this.requests.filter((request) => request.stream === stream).map(({ records }) => records);
  }

  static async start(endpoint: string): Promise<FrontService> {
    const front = new FrontService(new URL(endpoint));
    await new Promise<void>((resolve) => front.#server.listen(0, "127.0.0.1", resolve));
    return front;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Returns how often an action was requested. */
  count(action: string): number {
    return this.actions.filter((one) => one === action).length;
  }

  async destroy(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function throttle(response: ServerResponse, records: number): void {
  const failure = { ErrorCode: "ProvisionedThroughputExceededException", ErrorMessage: "Rate exceeded for shard" };
  response.writeHead(200, { "content-type": "application/x-amz-json-1.1" });
  response.end(JSON.stringify({ FailedRecordCount: records, Records: Array.from({ length: records }, () => failure) }));
}

function actionOf({ headers }: IncomingMessage): string {
  return String(headers["x-amz-target"]).split(".")[1] ?? "";
}
