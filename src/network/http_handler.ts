/** Sends HTTP requests of the SDK's clients and our own: directly or through a proxy, with the trusted authorities. */
import { Agent as PlainAgent, type IncomingHttpHeaders } from "node:http";
import { Agent as SecureAgent } from "node:https";
import { buildQueryString } from "@smithy/core/protocols";
import type { HttpHandlerOptions, HttpRequest } from "@smithy/types";
import { exchange, type ExchangeTarget } from "./exchange.js";
import { unbracketed } from "./host_name.js";
import type { NetworkEnvironment } from "./network.js";

const connectionTimeoutMs = 5000;
/** Limit for a connection on which no byte moves, also when http_request_timeout sets no limit. */
const idleTimeoutMs = 60_000;
/** Maximum connections per host, as in the SDK's own handler. */
const maxSockets = 50;
/** Several times the longest response of Kinesis: 500 results with an error message each, or 1000 shards. */
const maxKinesisResponseBytes = 4 * 1024 * 1024;

/** Returns a handler for one network. @param maxResponseBytes limits the bodies of responses; by default, those of Kinesis */
export function createHttpHandler(network: NetworkEnvironment, maxResponseBytes = maxKinesisResponseBytes): RoutedHttpHandler {
  return new RoutedHttpHandler(network, maxResponseBytes);
}

type Address = Pick<HttpRequest, "protocol" | "hostname" | "port" | "path">;

/** A response in the SDK's form, its body already read: the SDK's own handler sets no size limit. */
interface HandledResponse {
  readonly response: { statusCode: number; reason: string | undefined; headers: Record<string, string>; body: Uint8Array };
}

/** Agents for requests through a proxy, with and without TLS; undefined where no proxy is set. */
interface ProxyAgents {
  readonly secure: PlainAgent | undefined;
  readonly plain: PlainAgent | undefined;
}

/**
 * Sends each request directly or through its proxy. Has the methods of the SDK's own handler, so that the Kinesis client uses it
 * unchanged; from plain options the client would build an HTTP/2 handler and open a TLS session per request.
 */
export class RoutedHttpHandler {
  /** The protocol, for the SDK. */
  readonly metadata = { handlerProtocol: "http/1.1" };
  readonly #network: NetworkEnvironment;
  readonly #maxResponseBytes: number;
  readonly #secureAgent: SecureAgent;
  readonly #plainAgent: PlainAgent;
  #proxyAgents: Promise<ProxyAgents> | undefined;

  constructor(network: NetworkEnvironment, maxResponseBytes: number) {
    const { trust } = network;
    const common = { keepAlive: true, maxSockets, timeout: idleTimeoutMs };
    this.#secureAgent = new SecureAgent({ ...common, ...(trust === undefined ? {} : { secureContext: trust }) });
    this.#plainAgent = new PlainAgent(common);
    this.#network = network;
    this.#maxResponseBytes = maxResponseBytes;
  }

  /** Sends a request of the SDK and reads the whole response. @throws the errors of {@link exchange}; AbortError */
  async handle(request: HttpRequest, { abortSignal }: HttpHandlerOptions = {}): Promise<HandledResponse> {
    const signal = abortSignal as AbortSignal | undefined;
    if (signal?.aborted === true) throw abortError();
    const query = buildQueryString(request.query ?? {});
    const target = await this.target({ ...request, path: query === "" ? request.path : `${request.path}?${query}` });
    let onAbort: () => void = () => undefined;
    const watcher = {
      onEnd(end: (reason: Error) => void) {
        onAbort = () => end(abortError());
        signal?.addEventListener("abort", onAbort, { once: true });
        if (signal?.aborted === true) onAbort();
      },
      moved: () => undefined,
    };
    try {
      const sent = { method: request.method, headers: request.headers, body: bytesOf(request.body) };
      const { statusCode, reason, headers, body } = await exchange(target, sent, watcher);
      return { response: { statusCode, reason, headers: joined(headers), body } };
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /** Returns the target of a request to this address, direct or through its proxy. */
  async target(address: Address): Promise<ExchangeTarget> {
    const { secure, plain } = this.#needsProxy(address) ? await this.#loadProxyAgents() : {};
    const agent = address.protocol === "https:" ? (secure ?? this.#secureAgent) : (plain ?? this.#plainAgent);
    return this.#targetWith(agent, address);
  }

  /** Returns the target of a direct request to this address; undefined when the address needs a proxy. */
  directTarget(address: Address): ExchangeTarget | undefined {
    if (this.#needsProxy(address)) return undefined;
    return this.#targetWith(address.protocol === "https:" ? this.#secureAgent : this.#plainAgent, address);
  }

  /** Does nothing: this handler cannot be reconfigured. Part of the SDK's handlers. */
  updateHttpClientConfig(): void {
    return undefined;
  }

  /** Returns no configuration. Part of the SDK's handlers. */
  httpHandlerConfigs(): Record<string, never> {
    return {};
  }

  /** Closes all connections, direct and through proxies. */
  destroy(): void {
    this.#secureAgent.destroy();
    this.#plainAgent.destroy();
    void this.#proxyAgents?.then(({ secure, plain }) => {
      secure?.destroy();
      plain?.destroy();
    });
  }

  #targetWith(agent: PlainAgent, { protocol, hostname, port, path }: Address): ExchangeTarget {
    const limits = { connectionTimeoutMs, idleTimeoutMs, maxResponseBytes: this.#maxResponseBytes };
    return { isSecure: protocol === "https:", hostname: unbracketed(hostname), port, path, agent, ...limits };
  }

  #loadProxyAgents(): Promise<ProxyAgents> {
    this.#proxyAgents ??= loadProxyAgents(this.#network);
    return this.#proxyAgents;
  }

  #needsProxy({ protocol, hostname, port }: Address): boolean {
    const { https, http, bypass } = this.#network.proxies;
    const isSecure = protocol === "https:";
    if ((isSecure ? https : http) === undefined) return false;
    return !bypass(unbracketed(hostname), port ?? (isSecure ? 443 : 80));
  }
}

async function loadProxyAgents(network: NetworkEnvironment): Promise<ProxyAgents> {
  const { https, http } = network.proxies;
  const { plainAgent, secureAgent } = await import("./proxy_agents.js");
  const settings = { maxSockets, timeoutMs: connectionTimeoutMs };
  return {
    secure: https === undefined ? undefined : secureAgent(https, network, settings),
    plain: http === undefined ? undefined : plainAgent(http, network, settings),
  };
}

/** Returns a body as bytes. The SDK's clients used here send text, bytes or nothing. */
function bytesOf(body: unknown): Uint8Array {
  if (body === undefined) return new Uint8Array();
  if (typeof body === "string") return Buffer.from(body);
  if (body instanceof Uint8Array) return body;
  throw new Error("the AWS SDK sends a body that is neither text nor bytes");
}

/** Returns the headers with repeated ones joined by commas. */
function joined(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : (value ?? "")]));
}

function abortError(): Error {
  return Object.assign(new Error("Request aborted"), { name: "AbortError" });
}
