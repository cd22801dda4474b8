/** Signs the PutRecords requests to one address, and holds the connections to it. */
import type { HttpRequest } from "@smithy/types";
import type { Credentials } from "../credentials/renewing_credentials.js";
import type { ExchangeRequest, ExchangeTarget } from "../network/exchange.js";
import type { RoutedHttpHandler } from "../network/http_handler.js";
import { RequestSigner } from "./request_signature.js";

/** Address of the service, as the SDK resolved it. */
export interface ServiceAddress {
  readonly url: URL;
  readonly region: string;
}

/** Source: Kinesis API Reference, PutRecords, Request Syntax. */
const operation = "Kinesis_20131202.PutRecords";
const service = "kinesis";

/** The way of an output's PutRecords requests to one address. */
export class PutRecordsRoute {
  readonly target: ExchangeTarget;
  readonly #signer: RequestSigner;
  readonly #userAgent: string;

  private constructor(target: ExchangeTarget, signer: RequestSigner, userAgent: string) {
    this.target = target;
    this.#signer = signer;
    this.#userAgent = userAgent;
  }

  /** Returns the route to an address, direct or through a proxy. */
  static async to({ url, region }: ServiceAddress, handler: RoutedHttpHandler, userAgent: string): Promise<PutRecordsRoute> {
    const path = url.pathname.endsWith("/") ? url.pathname : `${url.pathname}/`;
    const address: Pick<HttpRequest, "protocol" | "hostname" | "port" | "path"> = {
      protocol: url.protocol,
      hostname: url.hostname,
      ...(url.port === "" ? {} : { port: Number(url.port) }),
      path,
    };
    const signer = new RequestSigner({ host: url.host, path, target: operation, region, service });
    return new PutRecordsRoute(await handler.target(address), signer, userAgent);
  }

  /** Returns the signed request for a body. @param timeMs milliseconds since the epoch, by the service's clock */
  sign(body: Uint8Array, contentType: string, credentials: Credentials, timeMs: number): ExchangeRequest {
    const headers = {
      ...this.#signer.sign(body, contentType, credentials, timeMs),
      "user-agent": this.#userAgent,
      "content-length": String(body.length),
    };
    return { method: "POST", headers, body };
  }
}
