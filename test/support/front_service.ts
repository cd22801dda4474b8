// Stands in front of a Kinesis of the tests: refuses some of its actions, and forwards all else.
import { createServer, request as forwardTo, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { formOf, type Form } from "./put_records_form.js";

export class FrontService {
  /** Such as "ListShards": answered with AccessDeniedException. */
  readonly refused = new Set<string>();
  /** The actions that were asked for, in their order. */
  readonly actions: string[] = [];
  /** The form of each PutRecords request. */
  readonly forms: Form[] = [];
  readonly #server;

  private constructor(behind: URL) {
    this.#server = createServer((incoming, response) => {
      const action = actionOf(incoming);
      this.actions.push(action);
      if (action === "PutRecords") this.forms.push(formOf(incoming.headers));
      if (this.refused.has(action)) {
        incoming.resume();
        response.writeHead(400, { "content-type": "application/x-amz-json-1.1" });
        response.end(JSON.stringify({ __type: "AccessDeniedException", message: `not authorized to perform kinesis:${action}` }));
        return;
      }
      const { method, url, headers } = incoming;
      const target = { host: behind.hostname, port: behind.port, method, path: url, headers };
      const forwarded = forwardTo(target, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      });
      forwarded.on("error", () => response.destroy());
      incoming.pipe(forwarded);
    });
  }

  static async start(endpoint: string): Promise<FrontService> {
    const front = new FrontService(new URL(endpoint));
    await new Promise<void>((resolve) => front.#server.listen(0, "127.0.0.1", resolve));
    return front;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** How often an action was asked for. */
  count(action: string): number {
    return this.actions.filter((one) => one === action).length;
  }

  async destroy(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function actionOf({ headers }: IncomingMessage): string {
  return String(headers["x-amz-target"]).split(".")[1] ?? "";
}
