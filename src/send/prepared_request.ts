/** What the SDK's client makes of a request, up to its signature: all requests are made of it, by a shorter way. */
import { randomUUID } from "node:crypto";
import type { NodeHttpHandler } from "@smithy/node-http-handler";
import type { DeserializeMiddleware, FinalizeRequestMiddleware, HttpRequest, Pluggable, SelectedHttpAuthScheme } from "@smithy/types";

/** An answer whose body has yet to be read, or has been. */
export type Response = Awaited<ReturnType<NodeHttpHandler["handle"]>>["response"];

interface Kept {
  /** Address, headers, user agent. */
  readonly request: HttpRequest;
  readonly scheme: SelectedHttpAuthScheme;
}

interface SigningContext {
  readonly selectedHttpAuthScheme?: SelectedHttpAuthScheme;
}

/**
 * The client's whole way takes several times as long as all else that is done for a request (test/bench): it puts its
 * stages together anew and takes each answer apart by a schema. What it finds out does not change from one request of
 * an output to the next, but for the body, the credentials and the time: those are signed here, by its own signer.
 */
export class PreparedRequest {
  readonly #handler: NodeHttpHandler;
  #kept: Kept | undefined;

  /** @param handler that of the client */
  constructor(handler: NodeHttpHandler) {
    this.#handler = handler;
  }

  /** Whether a command has been prepared; from then on {@link send} works. */
  get isKept(): boolean {
    return this.#kept !== undefined;
  }

  /** For a command that is only prepared: it ends before it is signed and sent. */
  keep<Input extends object, Output extends object>(): Pluggable<Input, Output> {
    const middleware: FinalizeRequestMiddleware<Input, Output> = (_, context) => (args) => {
      const { selectedHttpAuthScheme: scheme } = (context.__smithy_context ?? {}) as SigningContext;
      if (scheme === undefined) throw new Error("the AWS SDK has found no way to sign");
      const request = { ...(args.request as HttpRequest) };
      delete request.body;
      this.#kept = { request, scheme };
      return Promise.resolve({ output: { $metadata: {} }, response: undefined } as never);
    };
    return {
      applyToStack(stack) {
        stack.addRelativeTo(middleware, { name: "keepRequest", relation: "before", toMiddleware: "httpSigningMiddleware" });
      },
    };
  }

  /** Signs and sends a body. @throws what the handler and the credentials throw */
  async send(body: Uint8Array, contentType: string, abortSignal: AbortSignal): Promise<Response> {
    if (this.#kept === undefined) throw new Error("no request has been prepared yet");
    const { request, scheme } = this.#kept;
    const { signer, httpAuthOption, identity } = scheme;
    const { signingProperties = {} } = httpAuthOption;
    const headers = {
      ...request.headers,
      "content-type": contentType,
      "content-length": String(body.length),
      "amz-sdk-invocation-id": randomUUID(),
    };
    const signed = await signer.sign({ ...request, headers, body }, identity, signingProperties);
    const { response } = await this.#handler.handle(signed as never, { abortSignal });
    // The client learns the service's time from each answer.
    signer.successHandler?.(response, signingProperties);
    return response;
  }
}

/** Lets the client read an answer that came by the shorter way, as if it came to this command, which is not sent. */
export function answeredBy<Input extends object, Output extends object>(response: Response): Pluggable<Input, Output> {
  const middleware: DeserializeMiddleware<Input, Output> = () => () => Promise.resolve({ response } as never);
  return { applyToStack: (stack) => stack.add(middleware, { step: "deserialize", priority: "low", name: "answeredBy" }) };
}

/** Reads the body of an answer to its end. */
export function readBody(response: Response): Promise<Buffer> {
  const stream = response.body as NodeJS.ReadableStream;
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    stream.on("data", (part: Buffer) => parts.push(part));
    stream.on("end", () => resolve(parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)));
    stream.on("error", reject);
  });
}
