/** What the SDK's client makes of a request: all requests are made alike, by a shorter way. */
import { randomUUID } from "node:crypto";
import type { DeserializeMiddleware, FinalizeRequestMiddleware, HttpRequest, Pluggable, SelectedHttpAuthScheme } from "@smithy/types";
import type { Credentials } from "../credentials/renewing_credentials.js";
import type { RoutedHttpHandler } from "../network/http_handler.js";
import { exchange, type Answer, type ExchangeTarget } from "../network/exchange.js";
import type { Attempt } from "./attempt.js";
import { RequestSigner } from "./request_signature.js";

interface Prepared {
  readonly target: ExchangeTarget;
  /** Those that need no signature: who we are. */
  readonly headers: Readonly<Record<string, string>>;
  readonly signer: RequestSigner;
  readonly scheme: SelectedHttpAuthScheme;
}

interface SigningContext {
  readonly selectedHttpAuthScheme?: SelectedHttpAuthScheme;
}

/** What the request's maker knows of the service's time. */
export interface ServiceClock {
  readonly systemClockOffset: number;
}

/**
 * The client's whole way takes several times as long as all else that is done for a request (test/bench): it puts its
 * stages together anew and takes each answer apart by a schema. What it finds out does not change from one request of
 * an output to the next, but for the body, the credentials and the time.
 */
export class PreparedRequest {
  readonly #handler: RoutedHttpHandler;
  readonly #clock: ServiceClock;
  #prepared: Prepared | undefined;

  /**
   * @param handler that of the client
   * @param clock the client's settings
   */
  constructor(handler: RoutedHttpHandler, clock: ServiceClock) {
    this.#handler = handler;
    this.#clock = clock;
  }

  /** Whether a command has been prepared; from then on {@link send} works. */
  get isReady(): boolean {
    return this.#prepared !== undefined;
  }

  /** For a command that is only prepared: it is signed, but not sent. */
  prepare<Input extends object, Output extends object>(): Pluggable<Input, Output> {
    const middleware: FinalizeRequestMiddleware<Input, Output> = (_, context) => async (args) => {
      const { selectedHttpAuthScheme: scheme } = (context.__smithy_context ?? {}) as SigningContext;
      if (scheme === undefined) throw new Error("the AWS SDK has found no way to sign");
      this.#prepared = await this.#taken(args.request as HttpRequest, scheme);
      return { output: { $metadata: {} }, response: undefined } as never;
    };
    return {
      applyToStack(stack) {
        stack.addRelativeTo(middleware, { name: "prepareRequest", relation: "after", toMiddleware: "httpSigningMiddleware" });
      },
    };
  }

  async #taken(request: HttpRequest, scheme: SelectedHttpAuthScheme): Promise<Prepared> {
    const { host = "", authorization = "", "x-amz-target": operation = "" } = request.headers;
    const [, region, service] = /Credential=[^/]*\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request,/u.exec(authorization) ?? [];
    if (region === undefined || service === undefined) throw new Error("the AWS SDK has signed in a way of its own");
    const ofOurs = Object.entries(request.headers).filter(([name]) => /^(?:x-amz-)?user-agent$|^amz-sdk-request$/u.test(name));
    const signer = new RequestSigner({ host, path: request.path, target: operation, region, service });
    const target = await this.#handler.target(request);
    return { target, headers: Object.fromEntries(ofOurs), signer, scheme };
  }

  /**
   * Signs and sends a body, and reads the answer to its end.
   * @throws the errors of Node's HTTP; an error when the attempt has ended before
   */
  async send(body: Uint8Array, contentType: string, credentials: Credentials, attempt: Attempt): Promise<Answer> {
    if (this.#prepared === undefined) throw new Error("no request has been prepared yet");
    // A connection that is opened for an ended attempt would keep Node's loop alive.
    if (attempt.isEnded) throw new Error("the attempt has ended");
    const { target, signer, headers, scheme } = this.#prepared;
    const signed = {
      ...signer.sign(body, contentType, credentials, Date.now() + this.#clock.systemClockOffset),
      ...headers,
      "content-length": String(body.length),
      "amz-sdk-invocation-id": randomUUID(),
    };
    const answer = await exchange(target, { method: "POST", headers: signed, body }, attempt);
    // The client learns the service's time from each answer.
    scheme.signer.successHandler?.(answer, scheme.httpAuthOption.signingProperties ?? {});
    return answer;
  }
}

/** Lets the client read an answer that came by the shorter way, as if it came to this command, which is not sent. */
export function answeredBy<Input extends object, Output extends object>(response: Answer): Pluggable<Input, Output> {
  const middleware: DeserializeMiddleware<Input, Output> = () => () => Promise.resolve({ response } as never);
  return { applyToStack: (stack) => stack.add(middleware, { step: "deserialize", priority: "low", name: "answeredBy" }) };
}
